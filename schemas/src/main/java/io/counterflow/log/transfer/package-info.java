/**
 * Parts of topics out into files and back in, as JSON lines or as Avro container files that any tool reads. A file can be
 * brought back so that every record has the partition and the offset it had, which is what a ledger refers to.
 */
package io.counterflow.log.transfer;
