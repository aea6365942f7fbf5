package io.llmproxy.usage;

import java.util.Objects;

/**
 * Measures the text of a request that passes by: what the model reads, without what it is wrapped in. Images and sound are no
 * text. Pieces may be cut anywhere; nothing is kept.
 */
public final class RequestText {
    private static final Place PLACES = places();

    private final Sum sum = new Sum();
    private final PathFollower follower = new PathFollower(PLACES, sum);

    private static Place places() {
        Place places = Place.document()
                .text("prompt", "prompt[]", "system", "system[].text", "instructions", "tools", "functions")
                .text("input", "input[]", "input[].content", "input[].content[].text", "input[].output")
                .text("input[].arguments")
                .text("contents[].parts[].text", "contents[].parts[].functionCall.args")
                .text("contents[].parts[].functionResponse.response")
                .text("systemInstruction.parts[].text", "system_instruction.parts[].text");
        String message = "messages[].";
        return places.text(
                message + "content",
                message + "content[].text",
                message + "content[].thinking",
                message + "content[].input",
                message + "content[].content",
                message + "content[].content[].text",
                message + "tool_calls[].function.arguments");
    }

    /**
     * Measures the next piece.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void accept(byte[] piece, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, piece.length);
        follower.read(piece, offset, offset + length);
    }

    /** Returns how many bytes of text have passed so far, as characters in UTF-8. */
    public long bytes() {
        return sum.bytes;
    }

    private static final class Sum implements PathFollower.Collector {
        private long bytes;

        @Override
        public void text(long length) {
            bytes += length;
        }
    }
}
