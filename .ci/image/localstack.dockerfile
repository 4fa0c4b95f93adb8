# LocalStack from its PyPI and npm packages. `.ci/images` makes the context; nothing is fetched here.
ARG BASE
FROM $BASE AS installed
# Nothing needs this stage once the image is built.
LABEL esmeralda.stage=installed
COPY wheels /wheels
COPY requirements.txt /
RUN python3 -m venv /opt/localstack \
 && /opt/localstack/bin/pip install --no-index --no-deps --find-links /wheels --requirement /requirements.txt

FROM $BASE
COPY --from=installed /opt/localstack /opt/localstack
# Its Kinesis, where LocalStack looks before it tries to fetch one.
COPY kinesis-local /var/lib/localstack/lib/kinesis-local/0.6.2/node_modules/kinesis-local
# What holds for this build of it, whoever starts it: it must not look for anything on the internet.
ENV PATH=/opt/localstack/bin:$PATH PYTHONUNBUFFERED=1 KINESIS_MOCK_VERSION=0.6.2 DNS_ADDRESS=0 \
    SKIP_SSL_CERT_DOWNLOAD=1
EXPOSE 4566
CMD ["python", "-m", "localstack.runtime.main"]
