package io.counterflow.log;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** What {@link RecordSamples} are in the wire format, with schema id 1, in hexadecimal. */
final class GoldenBytes {

    /** {@link RecordSamples#firstScoredGroup}, as version 1 of the schema wrote it. */
    static final String FIRST_SCORED_GROUP =
            "0000000001046731047031047231000a74657374730463640470311070726f6772616d730a747261696e0210"
                    + "6120706c757320620002106c616e6775616765086a6176610080a0abfef96204020a000802046331020a6120"
                    + "2b2062060cd8040400000000000000fcbf06000000bf000080bf000080be000200000000000000c0540080a0"
                    + "abfef962000000000000e03f0204633104673104703104723114756e69742d74657374730231000200000000"
                    + "0000e03f00020c706173736564000000000000004000020c737464657272086e6f6e6500b81780a0abfef962"
                    + "000002046332041274696d6564206f7574000280a0abfef962";

    /** {@link RecordSamples#prompt}, as version 1 of the schema wrote it. */
    static final String FIRST_PROMPT =
            "00000000010470311070726f6772616d730a747261696e02106120706c757320620002106c616e6775616765"
                    + "086a6176610080a0abfef962";

    /** {@link RecordSamples#completion}, as version 1 of the schema wrote it. */
    static final String FIRST_COMPLETION =
            "000000000104633104673104703104723102040e02080470311070726f6772616d730a747261696e02106120"
                    + "706c757320620002106c616e6775616765086a6176610080a0abfef96204020a000a61202b2062060cd80404"
                    + "00000000000000fcbf06000000bf000080bf000080be0054046162000000000000f03f00000000000000f03f"
                    + "000000000000f03f20110280a0abfef962a8a0abfef962";

    /** A completion mask that is empty. */
    private static final String NO_MASK = "00";

    /** Token ids that are those that were sampled. */
    private static final String EXACT = "01";

    static final Map<SpecificRecord, String> ALL = new LinkedHashMap<>();

    static {
        ALL.put(RecordSamples.prompt(), FIRST_PROMPT + "00");
        ALL.put(RecordSamples.completion(), withoutVariables(FIRST_COMPLETION) + NO_MASK + "00" + EXACT);
        ALL.put(
                RecordSamples.score(),
                "000000000104633104673104703104723114756e69742d746573747302310002000000000000e03f00020c70"
                        + "6173736564000000000000004000020c737464657272086e6f6e6500b81780a0abfef962");
        ALL.put(
                RecordSamples.scoredGroup(),
                withoutMask(withoutVariables(FIRST_SCORED_GROUP)) + "02047b7d" + "0214756e69742d74657374730231"
                        + "04000000000000e03f000000000000c03f00");
        ALL.put(
                RecordSamples.runStarted(),
                "000000000104723100001a73636f7265642d67726f757073047b7d0465661866696c653a2f2f2f6261736504"
                        + "30310a302e312e300080a0abfef962");
        ALL.put(
                RecordSamples.stepPlanned(),
                "000000000104723106020404d8040467310002046732000202040467330e746f6f206f6c64000216fca9f1d2"
                        + "4d62403f80a0abfef96200");
        ALL.put(
                RecordSamples.stepApplied(),
                "00000000010472310604000000000000d03f000000000000f83f020c726577617264000000000000e83f0080"
                        + "a0abfef96200");
        ALL.put(RecordSamples.runEnded(), "000000000104723106061866696c653a2f2f2f6c61737404303280a0abfef96200");
        ALL.put(RecordSamples.policyVersion(), "0000000001047231541866696c653a2f2f2f632f3432046162010080a0abfef962");
        ALL.put(
                RecordSamples.deadLetter(),
                "000000000116636f6d706c6574696f6e7306c60102047031020600010218756e69742d746573747340310e63"
                        + "72617368656480a0abfef962");
    }

    /** With the map of variables, which is empty, behind the prompt's time. */
    private static String withoutVariables(String first) {
        return first.replaceFirst("abfef96204020a00", "abfef9620004020a00");
    }

    /** With the mask of the member, which is empty, behind its scores. */
    private static String withoutMask(String first) {
        return first.replaceFirst("b81780a0abfef96200", "b81780a0abfef96200" + NO_MASK);
    }

    private GoldenBytes() {}

    /** {@link RecordSamples#runStarted} as the first version wrote it. */
    static final String FIRST_RUN_STARTED =
            "000000000104723100001a73636f7265642d67726f757073047b7d0465661866696c653a2f2f2f626173650430310a302e312e3080a0abfef962";

    /** {@link RecordSamples#stepPlanned} as the first version wrote it. */
    static final String FIRST_STEP_PLANNED =
            "000000000104723106020404d8040467310002046732000202040467330e746f6f206f6c64000216fca9f1d24d62403f80a0abfef962";
}
