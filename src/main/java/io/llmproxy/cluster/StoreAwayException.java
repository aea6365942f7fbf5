package io.llmproxy.cluster;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** The store does not answer as it should. */
final class StoreAwayException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Redis begins its errors with a word for the program. */
    static final Pattern CODE = Pattern.compile("([A-Z]{3,20})\\b.*", Pattern.DOTALL);

    /** Redis before 7.0 tells so of an error of a command in a script. */
    private static final Pattern IN_SCRIPT =
            Pattern.compile("ERR Error running script.*? -([A-Z]{3,20})\\b.*", Pattern.DOTALL);

    /** The reason of an answer that no such script gives. */
    static final String INVALID = "an invalid answer";

    private static final String ANSWERS = "it answers ";

    private final String reason;

    /** @param reason a few words of ours, for operators */
    StoreAwayException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
        this.reason = reason;
    }

    /** What the store says itself may be anything: only its code is shown. */
    static StoreAwayException of(JedisException e) {
        if (e instanceof JedisDataException) {
            return new StoreAwayException(ANSWERS + code(String.valueOf(e.getMessage())), e);
        }
        return new StoreAwayException(reason(e), e);
    }

    /**
     * What answers may be no Redis: Jedis then takes one kind of answer for another, or reserves as much memory as it announces.
     *
     * @param failure of Jedis, not its own
     */
    static StoreAwayException invalid(Throwable failure) {
        return new StoreAwayException(INVALID, failure);
    }

    private static String code(String message) {
        Matcher inScript = IN_SCRIPT.matcher(message);
        if (inScript.matches()) {
            return inScript.group(1);
        }
        Matcher code = CODE.matcher(message);
        return code.matches() ? code.group(1) : "an error";
    }

    private static String reason(Throwable e) {
        String reason = "the connection broke";
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            // Of a host that has several addresses, each may have failed in its own way.
            Stream<Throwable> all = Stream.concat(Stream.of(cause), Stream.of(cause.getSuppressed()));
            reason = all.map(StoreAwayException::known)
                    .filter(known -> !known.isEmpty())
                    .findFirst()
                    .orElse(reason);
        }
        return reason;
    }

    private static String known(Throwable e) {
        if (e instanceof SocketTimeoutException) {
            return "no answer in time";
        } else if (e instanceof ConnectException) {
            return "no connection";
        } else if (e instanceof UnknownHostException) {
            return "unknown host";
        }
        return e instanceof SSLException ? "no TLS connection" : "";
    }

    String reason() {
        return reason;
    }

    /** Whether the store has answered, with an error or with nonsense. */
    boolean isAnswer() {
        return reason.startsWith(ANSWERS) || reason.equals(INVALID);
    }

    /** Whether it has answered that it does not do this, and may do other things. */
    boolean isRefusal() {
        return reason.startsWith(ANSWERS) && !isReadOnly();
    }

    /** Whether it was told that the server is a replica, which takes no writes. */
    boolean isReadOnly() {
        return reason.equals(ANSWERS + "READONLY");
    }
}
