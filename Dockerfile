# One image for every service: the command's first word says which.
FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 mvn -B -ntp -q package -DskipTests && touch cli/target/counterflow/.built

# A JDK, since the unit tests of Java programs are compiled; bubblewrap isolates what they run.
FROM eclipse-temurin:21-jdk
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap libgomp1 nodejs python3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 counterflow \
 && install -d -o counterflow /data
COPY --from=build /src/counterflow /opt/counterflow/counterflow
COPY --from=build /src/cli/target/counterflow /opt/counterflow/cli/target/counterflow
ENV DJL_CACHE_DIR=/home/counterflow/.djl
USER counterflow
WORKDIR /data
VOLUME /data
ENTRYPOINT ["/opt/counterflow/counterflow"]
CMD ["--help"]
