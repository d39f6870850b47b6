# docker build -t omniroute .
# docker run -p 127.0.0.1:20128:20128 -v omniroute:/data omniroute

FROM swift:6.3-bookworm AS build
WORKDIR /source
COPY packaging/packages.txt packaging/packages.txt
RUN apt-get update -qq \
    && awk '$1 == "build" { print $2 }' packaging/packages.txt \
    | xargs apt-get install -y -qq --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY script script
RUN script/build && install -D -s .build/release/omniroute /out/omniroute

FROM debian:bookworm-slim
COPY packaging/packages.txt /tmp/packages.txt
RUN apt-get update -qq \
    && awk '$1 == "runtime" { print $2 }' /tmp/packages.txt \
    | xargs apt-get install -y -qq --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /tmp/packages.txt \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin omniroute \
    && install -d -o omniroute -g omniroute -m 0700 /data
COPY --from=build /out/omniroute /usr/local/bin/omniroute
USER omniroute
# Inside a container every address is reachable from outside it, so API keys are required.
ENV HOST=0.0.0.0 DATA_DIR=/data REQUIRE_API_KEY=true
VOLUME /data
EXPOSE 20128
STOPSIGNAL SIGTERM
ENTRYPOINT ["omniroute"]
CMD ["serve"]
