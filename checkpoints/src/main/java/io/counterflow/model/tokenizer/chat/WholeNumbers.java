package io.counterflow.model.tokenizer.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's arithmetic of whole numbers, which have no largest; a template's end at {@value #MOST_BITS} bits. */
final class WholeNumbers {
    private static final int MOST_BITS = 4096;

    private WholeNumbers() {}

    /**
     * The result, which is a whole number as well.
     *
     * @param operator one of {@code + - * // % **}; of the last one the right operand is not negative
     * @throws ChatTemplateException if the result has too many digits
     */
    static Object compute(String operator, BigInteger a, BigInteger b) {
        return switch (operator) {
            case "+" -> bounded(a.add(b));
            case "-" -> bounded(a.subtract(b));
            case "*" -> bounded(a.multiply(b));
            case "**" -> power(a, b);
            case "//" -> bounded(a.subtract(floorMod(a, b)).divide(b));
            default -> bounded(floorMod(a, b));
        };
    }

    /** Python's true division: the fraction that is nearest to the exact quotient. */
    static double quotient(BigInteger a, BigInteger b) {
        return new BigDecimal(a).divide(new BigDecimal(b), new MathContext(60)).doubleValue();
    }

    private static Object power(BigInteger base, BigInteger exponent) {
        // -1 has a bit length of 0, and its powers are as short as those of 0 and 1.
        if (exponent.bitLength() > 12 && base.abs().bitLength() > 1) {
            throw new ChatTemplateException("a number that is too large");
        }
        int counted = exponent.bitLength() > 12 ? 2 + (exponent.testBit(0) ? 1 : 0) : exponent.intValueExact();
        return bounded(base.pow(counted));
    }

    /** The remainder has the divisor's sign. */
    private static BigInteger floorMod(BigInteger a, BigInteger b) {
        BigInteger remainder = a.remainder(b);
        return remainder.signum() != 0 && remainder.signum() != b.signum() ? remainder.add(b) : remainder;
    }

    private static Object bounded(BigInteger number) {
        if (number.bitLength() > MOST_BITS) {
            throw new ChatTemplateException("a number that is too large");
        }
        return PythonValues.whole(number);
    }
}
