package io.llmproxy.launcher;

import io.llmproxy.config.Secret;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a PostgreSQL database is.
 *
 * @param jdbc the URL without user and password, for JDBC
 * @param user null if the URL has none
 * @param password null if the URL has none
 */
record DatabaseUrl(
        String jdbc, @Nullable String user, @Nullable Secret password) {
    private static final Pattern FOR_PROGRAMS = Pattern.compile("postgres(ql)?(\\+[a-z0-9]+)?://.*");
    private static final String JDBC = "jdbc:postgresql://";

    /** Reads a URL of JDBC, or one as programs in Python and Rust have it: {@code postgresql://user:password@host/database}. */
    static DatabaseUrl of(String url) throws UsageException {
        if (url.startsWith(JDBC)) {
            return new DatabaseUrl(url, null, null);
        }
        if (!FOR_PROGRAMS.matcher(url).matches()) {
            throw wrong();
        }
        try {
            URI uri = URI.create("postgresql" + url.substring(url.indexOf("://")));
            String authority = uri.getRawAuthority();
            if (authority == null) {
                throw wrong();
            }
            int at = authority.lastIndexOf('@');
            String account = at < 0 ? "" : authority.substring(0, at);
            int colon = account.indexOf(':');
            String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
            return new DatabaseUrl(
                    JDBC + authority.substring(at + 1) + uri.getRawPath() + query,
                    account.isEmpty() ? null : decoded(colon < 0 ? account : account.substring(0, colon)),
                    colon < 0 ? null : new Secret(decoded(account.substring(colon + 1))));
        } catch (IllegalArgumentException e) {
            throw wrong();
        }
    }

    /** The URL may hold a password, so it is not shown. */
    private static UsageException wrong() {
        return StoreArguments.wrong(
                "the URL of the database",
                "jdbc:postgresql://host/database, or postgresql://user:password@host/database");
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
