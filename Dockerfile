# syntax=docker/dockerfile:1

# The bundle, and everything that the demo's parts need.
FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
COPY deploy/bundle.mjs ./deploy/
RUN npm run bundle

# The demo's provider and sample application, for deploy/compose.yaml only.
FROM node:26-slim AS demo
WORKDIR /demo
COPY --from=build /build/node_modules ./node_modules
COPY deploy/demo ./deploy/demo
USER node

# Valetkey. Runs with a read-only root, without capabilities and without a shell.
FROM node:26-slim
LABEL org.opencontainers.image.title="Valetkey" \
      org.opencontainers.image.description="An authenticating reverse proxy: OpenID Connect sign-in for applications that know nothing of it" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /valetkey
COPY --from=build /build/dist/bundle/valetkey.mjs /build/dist/bundle/THIRD-PARTY-LICENSES.txt ./
COPY --from=build /build/dist/bundle/chunks/*.mjs ./chunks/
COPY LICENSE deploy/healthcheck.mjs ./
RUN ["/usr/bin/install", "--directory", "--owner=1000", "--group=1000", "compile-cache"]
# `node` of the base image, by number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# What V8 makes of the bundle is kept, for this user, and no start needs to write it.
ENV NODE_COMPILE_CACHE=/valetkey/compile-cache
RUN ["/usr/local/bin/node", "/valetkey/valetkey.mjs", "--version"]
RUN ["/usr/local/bin/node", "--input-type=module", "--eval", \
  "for (const chunk of fs.readdirSync('chunks')) await import(`/valetkey/chunks/${chunk}`)"]
# Less memory for the same CPU time: docs/operations.md. Whoever sets them replaces them.
ENV NODE_OPTIONS=--max-semi-space-size=8
ENV MALLOC_MMAP_THRESHOLD_=70000
EXPOSE 4180 44180
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["/usr/local/bin/node", "/valetkey/healthcheck.mjs"]
ENTRYPOINT ["/usr/local/bin/node", "/valetkey/valetkey.mjs"]
