package io.llmproxy.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A request's body with another name for its model; all else is shared with the body that it was made of.
 *
 * @param segments the pieces of the body, in order; each is read on its own
 * @param length the number of bytes of all of them
 */
public record ModelEdit(List<ByteBuffer> segments, long length) {
    /** Makes an edited body. */
    public ModelEdit {
        segments = List.copyOf(segments);
    }

    /**
     * Replaces the name of the model.
     *
     * @param body the pieces of the body, whose positions stay as they are
     * @param field where the model stands in it
     * @param name the new name
     * @throws IllegalArgumentException if the name cannot be the value of a form's field and has to be one, or the
     *     field is not within the body
     */
    public static ModelEdit of(List<ByteBuffer> body, ModelField field, String name) {
        byte[] value = field.notation().write(name);
        List<ByteBuffer> edited = new ArrayList<>(body.size() + 2);
        long offset = 0;
        boolean placed = false;
        for (ByteBuffer segment : body) {
            long end = offset + segment.remaining();
            addRange(edited, segment, 0, field.start() - offset);
            if (!placed && field.start() < end) {
                edited.add(ByteBuffer.wrap(value));
                placed = true;
            }
            addRange(edited, segment, field.end() - offset, segment.remaining());
            offset = end;
        }
        if (!placed || field.end() > offset) {
            throw new IllegalArgumentException("the field is not within the body");
        }
        return new ModelEdit(edited, offset - (field.end() - field.start()) + value.length);
    }

    /** Adds what lies within the segment of a range that is relative to it. */
    private static void addRange(List<ByteBuffer> edited, ByteBuffer segment, long from, long to) {
        int start = (int) Math.max(0, from);
        int end = (int) Math.min(segment.remaining(), to);
        if (start < end) {
            edited.add(segment.slice(segment.position() + start, end - start));
        }
    }
}
