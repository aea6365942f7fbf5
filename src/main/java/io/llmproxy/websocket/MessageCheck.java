package io.llmproxy.websocket;

import java.nio.ByteBuffer;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.exception.BadPayloadException;
import org.eclipse.jetty.websocket.core.exception.CloseException;
import org.eclipse.jetty.websocket.core.exception.MessageTooLargeException;
import org.jspecify.annotations.Nullable;

/** Holds the messages of one side to what is allowed, piece by piece. Jetty has looked at the frames by themselves. */
final class MessageCheck {
    private final long most;
    private long length;
    private @Nullable Utf8Check text;

    /** @param most the most bytes that a message may have; 0 for any number */
    MessageCheck(long most) {
        this.most = most;
    }

    /** Looks at the next frame of a message; returns why the session has to be closed, or null. */
    @Nullable CloseException accept(Frame frame) {
        if (frame.getOpCode() == OpCode.TEXT) {
            text = new Utf8Check();
        }
        ByteBuffer payload = frame.getPayload();
        length += frame.getPayloadLength();
        if (most > 0 && length > most) {
            return new MessageTooLargeException("a message is larger than " + most + " bytes");
        }
        if (text != null && ((payload != null && !text.accept(payload)) || (frame.isFin() && !text.isWhole()))) {
            return new BadPayloadException("a text is not UTF-8");
        }
        if (frame.isFin()) {
            length = 0;
            text = null;
        }
        return null;
    }
}
