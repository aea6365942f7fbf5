package io.llmproxy.usage;

import io.llmproxy.usage.Place.Meaning;
import java.util.List;
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
                .each(Meaning.ELSEWHERE, "previous_response_id", "conversation", "cachedContent", "cached_content")
                .each(Meaning.ELSEWHERE, "contents[].parts[].inlineData", "contents[].parts[].inline_data")
                .each(Meaning.ELSEWHERE, "contents[].parts[].fileData", "contents[].parts[].file_data");
        for (String part : List.of("messages[].content[].", "input[].content[].")) {
            for (String source :
                    List.of("image_url", "input_audio", "file", "file_id", "file_data", "file_url", "source")) {
                places.add(part + source, Meaning.ELSEWHERE);
            }
        }
        places.add("messages[].content[].content[].source", Meaning.ELSEWHERE)
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

    /** Whether the model reads something else besides, so that the text says nothing of how many tokens it reads. */
    public boolean isOnlyPart() {
        return sum.elsewhere;
    }

    private static final class Sum implements PathFollower.Collector {
        private long bytes;
        private boolean elsewhere;

        @Override
        public void text(Place place, long length) {
            bytes += length;
        }

        @Override
        public void enter(Place place) {
            elsewhere |= place.meaning() == Meaning.ELSEWHERE;
        }

        @Override
        public boolean wants(Place place) {
            elsewhere |= place.meaning() == Meaning.ELSEWHERE;
            return false;
        }
    }
}
