package io.llmproxy.protocol;

import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An error that a body tells, whatever the status of its answer is.
 *
 * @param status the HTTP status that it stands for
 * @param waitNanos how long nothing more is to be asked for, in nanoseconds; nothing if it does not say. Google does, in the details of its
 *     errors
 */
public record ToldError(int status, OptionalLong waitNanos) {
    /** Reads a whole body in JSON; returns null if it tells no error of a known form. Google's may be in an array, as a part of a stream. */
    public static @Nullable ToldError of(byte[] json) {
        ErrorLeaves leaves = new ErrorLeaves();
        return JsonLeaves.read(element(json), leaves::take) ? leaves.error() : null;
    }

    private static byte[] element(byte[] json) {
        int start = 0;
        int end = json.length;
        while (start < end && json[start] <= ' ') {
            start++;
        }
        while (start < end && json[end - 1] <= ' ') {
            end--;
        }
        return start < end && json[start] == '[' && json[end - 1] == ']'
                ? Arrays.copyOfRange(json, start + 1, end - 1)
                : json;
    }
}
