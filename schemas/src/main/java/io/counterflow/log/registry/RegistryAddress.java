package io.counterflow.log.registry;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a schema registry is.
 *
 * @param base of its API, without user and password and without a slash at its end; may be shown
 * @param userAndPassword as in {@code user:password}, where the address has them; never shown
 */
public record RegistryAddress(String base, Optional<String> userAndPassword) {

    // Up to the last @ before the path: passwords have been seen with an @ of their own.
    private static final Pattern FORM = Pattern.compile("(https?://)(?:([^/?#]*)@)?([^/?#@]+)([^?#]*)");

    public RegistryAddress {
        Objects.requireNonNull(base, "base");
        Objects.requireNonNull(userAndPassword, "userAndPassword");
    }

    /**
     * Reads an address such as {@code http://user:password@host:8081/apis/ccompat/v7}; signs of user and password may be percent-encoded.
     *
     * @throws IllegalArgumentException where it is none, with a message that has no password in it
     */
    public static RegistryAddress parse(String url) {
        Matcher matcher = FORM.matcher(Objects.requireNonNull(url, "url"));
        if (!matcher.matches()) {
            throw notAnAddress(url);
        }
        String base = (matcher.group(1) + matcher.group(3) + matcher.group(4)).replaceAll("/+$", "");
        try {
            if (URI.create(base).getHost() == null) {
                throw notAnAddress(url);
            }
            // A plus is a plus in this part of an address.
            return new RegistryAddress(
                    base,
                    Optional.ofNullable(matcher.group(2))
                            .map(given -> URLDecoder.decode(given.replace("+", "%2B"), StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException e) {
            throw notAnAddress(url);
        }
    }

    /** An address, or what is taken for one, without what may be a password. */
    public static String withoutPassword(String url) {
        int at = url.lastIndexOf('@');
        if (at < 0) {
            return url;
        }
        int scheme = url.indexOf("://");
        return (scheme >= 0 && scheme < at ? url.substring(0, scheme + 3) : "") + "USER:PASSWORD" + url.substring(at);
    }

    private static IllegalArgumentException notAnAddress(String url) {
        return new IllegalArgumentException("schema registry '" + withoutPassword(url)
                + "' is not a URL: give one like http://127.0.0.1:8081, or http://user:password@host:8081, where / ? # %"
                + " in user and password are written as %2F %3F %23 %25");
    }
}
