package io.llmproxy.proxy.exchange;

import io.llmproxy.proxy.error.ProxyError;

/** The attempt that an exchange makes at the moment, as its exchange knows it: it is told what comes of it. */
public interface OpenAttempt {
    /** It is known what came of asking the upstream. If no answer did, that is all. */
    void told(AttemptResult result);

    /** The answer broke off after its head had come. */
    void brokeOff(ProxyError because);

    /** Another attempt follows. */
    void supersede();

    /** The exchange is over. */
    void end();
}
