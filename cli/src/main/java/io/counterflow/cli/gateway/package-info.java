/** The gateway's command and its token. What it answers is the producer module's. */
package io.counterflow.cli.gateway;
