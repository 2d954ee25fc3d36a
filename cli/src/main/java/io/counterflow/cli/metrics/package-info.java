/**
 * Numbers for Prometheus: meters that listen to the services, and an HTTP endpoint that they are scraped from. Nothing depends on them; the log has what
 * counts.
 */
package io.counterflow.cli.metrics;
