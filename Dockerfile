# Runs the API; with the command `node workers/main.ts [queue…]`, workers. Node runs the source: only the dashboard is built.
# The root file system may be read-only: Tallyman writes only to /data and /tmp.

FROM docker.io/library/node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`: scripts/setup.sh says why. The image needs no optional packages: they are Node itself and accelerators.
RUN npm install --omit=dev --omit=optional --no-save --no-audit --no-fund --loglevel=error && npm cache clean --force

# The dashboard. What builds it stays behind.
FROM docker.io/library/node:24-bookworm-slim AS web
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY web ./web
RUN npm install --workspace web --no-save --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY scripts/web.sh ./scripts/
COPY src ./src
RUN PATH=$PWD/node_modules/.bin:$PATH sh scripts/web.sh && rm web/dist/.made-of

FROM docker.io/library/node:24-bookworm-slim
LABEL org.opencontainers.image.title="Tallyman" \
      org.opencontainers.image.description="Usage, soft quotas, promotion and expiry for container registries" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    TALLYMAN_CONFIG=/etc/tallyman/tallyman.yaml \
    TALLYMAN_DATA_DIR=/data \
    TALLYMAN_SERVER__HOST=0.0.0.0
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE tallyman.example.yaml ./
COPY src ./src
COPY workers ./workers
COPY --from=web /app/web/dist ./web/dist
RUN mkdir /data && chown 1000:1000 /data
# The user node, by number: Kubernetes cannot tell whether a name is root's (runAsNonRoot).
USER 1000:1000
VOLUME /data
EXPOSE 8080
# Checks the API. A worker has another port: docker-compose.yml checks it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.TALLYMAN_SERVER__PORT || 8080) + '/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
