package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;
import org.jspecify.annotations.Nullable;

/** What went wrong with an attempt, as far as that decides what follows. */
sealed interface Setback {
    /** Whether the request may be sent again after it, if there is a way to. */
    Verdict verdict(RetryPolicy policy);

    /** What the client gets if the request is not sent again. */
    Next end(Verdict because);

    /** Whether the same upstreams may be asked a second time, after a pause. */
    default boolean passesWithTime() {
        return true;
    }

    /**
     * No answer came, or it broke off before the client saw anything of it.
     *
     * @param error why
     * @param connected whether the upstream may have seen the request
     * @param stream whether a stream was asked for
     */
    record Failed(ProxyError error, boolean connected, boolean stream) implements Setback {
        @Override
        public Verdict verdict(RetryPolicy policy) {
            return policy.afterFailure(error, connected, stream);
        }

        @Override
        public Next end(Verdict because) {
            return error == ProxyError.OVERLOADED
                    ? new Next.TurnAway(because, Shed.NO_DESCRIPTORS)
                    : new Next.Refuse(because, new Refusal(error, 0, error != ProxyError.SHUTTING_DOWN));
        }
    }

    /**
     * The upstream has answered with an error, or with a stream that says nothing but an error.
     *
     * @param status of the error
     * @param advice what the upstream's {@code x-should-retry} says, or null
     */
    record Answered(int status, @Nullable String advice) implements Setback {
        @Override
        public Verdict verdict(RetryPolicy policy) {
            return policy.afterAnswer(status, advice);
        }

        @Override
        public Next end(Verdict because) {
            return new Next.PassOn(because);
        }
    }

    /**
     * The upstream does not have what the request names; another one may.
     *
     * @param unasked whether there is an upstream that could not be asked
     */
    record NotThere(boolean unasked) implements Setback {
        @Override
        public Verdict verdict(RetryPolicy policy) {
            return Verdict.NOT_THERE;
        }

        /** That it is nowhere can be said only if all were asked. */
        @Override
        public Next end(Verdict because) {
            return unasked
                    ? new Next.Refuse(because, new Refusal(ProxyError.NO_UPSTREAM, 0, true))
                    : new Next.PassOn(because);
        }

        @Override
        public boolean passesWithTime() {
            return false;
        }
    }

    /** The upstream has answered something that cannot be read as an answer. */
    record Unreadable() implements Setback {
        @Override
        public Verdict verdict(RetryPolicy policy) {
            return policy.afterAnswer(ProxyError.BAD_RESPONSE.status(), null);
        }

        @Override
        public Next end(Verdict because) {
            return new Next.Refuse(because, new Refusal(ProxyError.BAD_RESPONSE, 0, true));
        }
    }

    /** The upstream turned away the gateway's key, or there was no key to show. */
    record KeyRefused() implements Setback {
        @Override
        public Verdict verdict(RetryPolicy policy) {
            return Verdict.KEY_REFUSED;
        }

        @Override
        public Next end(Verdict because) {
            return new Next.Refuse(because, new Refusal(ProxyError.UPSTREAM_AUTH, 0, true));
        }

        @Override
        public boolean passesWithTime() {
            return false;
        }
    }

    /**
     * The request cannot be expressed in the upstream's API.
     *
     * @param invalid whether it is not valid in the client's own API, so that no upstream can serve it
     * @param message what the client is told
     * @param param the member of the request that is wrong; null if it is none
     */
    record Unconvertible(
            boolean invalid, String message, @Nullable String param) implements Setback {
        @Override
        public Verdict verdict(RetryPolicy policy) {
            return invalid ? Verdict.FINAL_ANSWER : Verdict.UNCONVERTIBLE;
        }

        @Override
        public Next end(Verdict because) {
            ProxyError error = invalid ? ProxyError.INVALID_REQUEST : ProxyError.UNSUPPORTED;
            return new Next.Refuse(because, Refusal.of(error, message, param));
        }

        @Override
        public boolean passesWithTime() {
            return false;
        }
    }
}
