# The router without Cloudflare: workerd, one process. docs/container.md says how to run it and what is different.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run container

FROM debian:bookworm-slim
# The certificate authorities by which workerd knows its upstreams.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/dist/container /router
RUN useradd --system --uid 10001 --no-create-home router && install -d -o router /data
USER router
VOLUME /data
EXPOSE 8787
ENTRYPOINT ["/router/start"]
