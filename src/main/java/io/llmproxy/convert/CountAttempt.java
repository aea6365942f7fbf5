package io.llmproxy.convert;

/**
 * A request to count tokens, as an upstream that counts is asked it.
 *
 * @param converted the request whose tokens are counted
 * @param request what the upstream is asked
 */
public record CountAttempt(Converted converted, CountRequest request) implements WholeAttempt {
    @Override
    public String path() {
        return request.path();
    }

    @Override
    public byte[] body() {
        return request.body();
    }

    @Override
    public byte[] answer(byte[] answer) {
        return converted.count(answer);
    }

    @Override
    public ErrorAnswer error(int status, long retryAfterSeconds, byte[] error) {
        return converted.error(status, retryAfterSeconds, error);
    }

    @Override
    public String header() {
        return converted.header();
    }
}
