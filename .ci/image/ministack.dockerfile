# MiniStack from its PyPI package. `.ci/images` makes the context; nothing is fetched here.
ARG BASE
FROM $BASE AS installed
# Nothing needs this stage once the image is built.
LABEL esmeralda.stage=installed
COPY wheels /wheels
COPY requirements.txt /
RUN python3 -m venv /opt/ministack \
 && /opt/ministack/bin/pip install --no-index --no-deps --find-links /wheels --requirement /requirements.txt

FROM $BASE
COPY --from=installed /opt/ministack /opt/ministack
ENV PATH=/opt/ministack/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 4566
CMD ["python", "-m", "ministack"]
