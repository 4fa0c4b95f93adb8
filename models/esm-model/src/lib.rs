//! What is true about stream event source mappings.
