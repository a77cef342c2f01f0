# SuitSize as an image: the program, four shared libraries, no shell.
#
#   docker build -t suitsize .
#   docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -p 127.0.0.1:8080:8080 -v suitsize:/data suitsize
#
# Both base images are Debian 12, so that the program finds the C library that it was linked with.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /build

# The dependencies are a layer of their own: it is built again only when one of these changes.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY benches benches
RUN mkdir src \
 && echo 'fn main() {}' > src/main.rs \
 && touch src/lib.rs \
 && cargo build --release --locked --bin suitsize \
 && rm -r src

COPY . .
# What was checked out may be older than the empty program above, and would not be built.
RUN touch src/main.rs src/lib.rs \
 && cargo build --release --locked --bin suitsize \
 && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/suitsize /usr/bin/suitsize
COPY --from=build /build/LICENSE /usr/share/doc/suitsize/LICENSE
# The only directory that is written to. No VOLUME: it would leave a nameless one behind with each
# container, and Railway takes no Dockerfile that has it.
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
# With PORT the service listens on every address. What is freed goes back to the system after a millisecond, and not
# after seconds (docs/performance.md, "What was tried"); SQLite's memory is in two arenas of the C library.
ENV PORT=8080 SUITSIZE_DATA_DIR=/data MIMALLOC_PURGE_DELAY=1 MALLOC_ARENA_MAX=2
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s --retries=3 \
  CMD ["/usr/bin/suitsize", "healthcheck"]
ENTRYPOINT ["/usr/bin/suitsize"]
CMD ["serve"]
