package io.llmproxy.proxy.exchange;

import java.util.Locale;

/**
 * A session of WebSocket that is over.
 *
 * @param by who ended it
 * @param code the status code of its close; 1005 if the close had none, 1006 if there was no close
 * @param bytesFromClient bytes of the client's messages
 * @param messagesFromClient how many messages the client has sent
 * @param messagesFromUpstream how many the upstream has sent
 */
public record SessionSummary(
        By by, int code, long bytesFromClient, long messagesFromClient, long messagesFromUpstream) {
    /** Who can end a session. */
    public enum By {
        CLIENT,
        UPSTREAM,
        GATEWAY;

        /** Its name in records. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
