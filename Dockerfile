# stackctl for pipelines and machines that have Docker and no Python: check, render, test, export, adopt, and the proof
# of servers by their addresses. It starts no stack: the containers of a stack are started by Docker's own machine.
ARG PYTHON=python:3.13-slim
ARG PROMETHEUS=prom/prometheus:v3.13.5
ARG ALERTMANAGER=prom/alertmanager:v0.35.0

FROM ${PROMETHEUS} AS prometheus
FROM ${ALERTMANAGER} AS alertmanager

FROM ${PYTHON} AS packages
COPY . /source
# No shell is needed, and the versions are those that the tests run with.
RUN ["python3", "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-compile", "--root-user-action", "ignore", \
     "--constraint", "/source/constraints.txt", "--target", "/packages", "/source"]

FROM ${PYTHON}
COPY --from=packages /packages /opt/stackctl
COPY --from=prometheus /bin/promtool /opt/stackctl/bin/
COPY --from=alertmanager /bin/amtool /opt/stackctl/bin/
# The home is for any user: `--user "$(id -u)"` lets the files that stackctl writes belong to the caller.
ENV PATH="/opt/stackctl/bin:${PATH}" PYTHONPATH=/opt/stackctl PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /work
USER 65534:65534
ENTRYPOINT ["python3", "-m", "stackctl"]
CMD ["--help"]
