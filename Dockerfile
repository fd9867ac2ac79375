# One image for every part: the same locks and poms as the local stack, so the same versions by construction.
FROM python:3.11-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/tidegate
COPY . .
RUN make setup
ENV PATH="/opt/tidegate/.venv/bin:${PATH}" TIDEGATE_HOME=/var/lib/tidegate
ENTRYPOINT ["python", "-m", "tidegate.stack.foreground"]
