/**
 * What a scorer is: a batch of completions in, one typed outcome for each out. All that a plug-in compiles against; it needs the
 * JDK alone.
 *
 * <p>To write one, implement {@link io.counterflow.scorer.api.Scorer} and {@link io.counterflow.scorer.api.ScorerFactory}, name
 * the factory in {@code META-INF/services/io.counterflow.scorer.api.ScorerFactory}, and put the jar on the class path or into the
 * folder of plug-ins. What Counterflow promises to it, each with a test of this number in {@code ScorerContractTest}:
 *
 * <ol>
 *   <li><b>Instances.</b> A process that scores calls {@code create} once for each scorer that its configuration names, before the
 *       first completion, on the thread that starts scoring. Checks before a run call {@code check}, which by default makes a
 *       further scorer and closes it at once.
 *   <li><b>Threads.</b> No more calls of {@code score} are waited for at a time than the setting {@code concurrency} says; it is 1
 *       unless the user raised it, so a scorer need not be thread-safe unless its documentation invites to raise it. Each call is on
 *       a thread of its own: what a thread-local holds is gone afterwards.
 *   <li><b>Batches.</b> A batch has one request at least and {@code maxBatch} at most; it is the scorer's to read, not to keep
 *       or change.
 *   <li><b>Whatever a scorer does, each request has an outcome.</b> An exception, null, a missing, further or null outcome and a
 *       number that is not finite become {@code Failed}, each for the requests concerned.
 *   <li><b>Time.</b> A call that takes longer than its limit is interrupted, its requests are {@code TimedOut}, and its answer is
 *       thrown away. If it does not heed the interrupt it runs beside later calls, and beside {@code close}; while there are
 *       sixteen of such calls, further requests fail at once.
 *   <li><b>Again, and not again.</b> {@code Failed} and {@code TimedOut} requests are sent again, up to the setting {@code
 *       attempts}; {@code Scored} and {@code Rejected} ones are not, and are remembered by content. The identifier is not content:
 *       a score must depend on nothing but prompt, turns, completion, metadata and template variables. After a crash, and by
 *       rescoring, a completion may come again.
 *   <li><b>What may be kept.</b> Whatever the instance holds lives from {@code create} to {@code close}: models, connections,
 *       processes, caches.
 *   <li><b>The end.</b> {@code close} is called once; {@code score} is not called afterwards. A call that is under way when scoring
 *       is stopped is interrupted first. What {@code close} throws is reported, and what was scored stands.
 *   <li><b>Compatibility.</b> A jar compiled against this package runs with every later version of the same first number, on Java
 *       17 and newer: methods are added with a default, records keep their constructors. {@code ScoreOutcome} may get further
 *       kinds; a scorer makes outcomes and need not take them apart.
 * </ol>
 */
package io.counterflow.scorer.api;
