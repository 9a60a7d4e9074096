# Millrace without embedded servers: for MongoDB and Temporal that run elsewhere (docker-compose.yml has a set).

FROM node:22.21-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22.21-slim
ENV NODE_ENV=production
WORKDIR /app
# Temporal's native client takes its certificate authorities from the system.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/templates ./templates
COPY --from=build /build/docs ./docs
COPY --from=build /build/dist ./dist
# Files here belong to root: the program cannot change itself.
USER node
EXPOSE 8080
# Without `__proto__`, JSON from outside cannot reach the prototype of anything.
ENTRYPOINT ["node", "--disable-proto=delete", "--max-semi-space-size=32", "dist/src/main.js"]
