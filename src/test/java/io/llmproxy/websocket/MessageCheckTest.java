package io.llmproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.exception.CloseException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MessageCheckTest {
    private static final byte[] EURO = {(byte) 0xE2, (byte) 0x82, (byte) 0xAC};

    private static Frame frame(byte opcode, boolean fin, byte[] bytes, int from, int length) {
        return new Frame(opcode, fin, ByteBuffer.wrap(bytes, from, length));
    }

    private static int code(@Nullable CloseException violation) {
        return Objects.requireNonNull(violation).getStatusCode();
    }

    @Test
    void aMessageIsBoundHoweverManyFramesItComesIn() {
        MessageCheck check = new MessageCheck(10);
        byte[] ten = new byte[10];
        assertThat(check.accept(frame(OpCode.BINARY, true, ten, 0, 10))).isNull();
        assertThat(check.accept(frame(OpCode.BINARY, false, ten, 0, 6))).isNull();
        assertThat(check.accept(frame(OpCode.CONTINUATION, true, ten, 0, 4))).isNull();
        assertThat(check.accept(frame(OpCode.BINARY, false, ten, 0, 6))).isNull();
        assertThat(code(check.accept(frame(OpCode.CONTINUATION, false, ten, 0, 5))))
                .isEqualTo(CloseStatus.MESSAGE_TOO_LARGE);
    }

    @Test
    void withoutABoundAnyLengthPasses() {
        MessageCheck check = new MessageCheck(0);
        assertThat(check.accept(frame(OpCode.BINARY, false, new byte[1 << 20], 0, 1 << 20)))
                .isNull();
        assertThat(check.accept(new Frame(OpCode.CONTINUATION, true, (ByteBuffer) null)))
                .isNull();
    }

    @Test
    void aTextIsUtf8AndAllOfItIs() {
        MessageCheck check = new MessageCheck(0);
        assertThat(check.accept(frame(OpCode.TEXT, false, EURO, 0, 2))).isNull();
        assertThat(check.accept(frame(OpCode.CONTINUATION, true, EURO, 2, 1))).isNull();
        assertThat(check.accept(frame(OpCode.BINARY, true, EURO, 1, 2))).isNull();
        assertThat(code(check.accept(frame(OpCode.TEXT, true, EURO, 0, 2)))).isEqualTo(CloseStatus.BAD_PAYLOAD);
        assertThat(code(new MessageCheck(0).accept(frame(OpCode.TEXT, false, EURO, 1, 2))))
                .isEqualTo(CloseStatus.BAD_PAYLOAD);
    }
}
