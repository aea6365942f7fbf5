package io.llmproxy.convert;

import io.llmproxy.convert.codec.ClientCodec;
import io.llmproxy.convert.model.Fault;

/**
 * An error in a client's dialect.
 *
 * @param status the HTTP status
 * @param body JSON in UTF-8
 * @param retryAfterSeconds what the header of that name says; 0 for none
 * @param lasting whether it is the same when the client asks again
 */
@SuppressWarnings("ArrayRecordComponent") // It is written once and compared with nothing.
public record ErrorAnswer(int status, byte[] body, long retryAfterSeconds, boolean lasting) {
    static ErrorAnswer of(ClientCodec codec, Fault fault) {
        return new ErrorAnswer(
                codec.statusOf(fault),
                codec.encodeFault(fault).bytes(),
                fault.retryAfterSeconds(),
                fault.cause() == Fault.Cause.QUOTA_GONE);
    }
}
