package io.llmproxy.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A request's body with another name for its model. What stays as it is is shared with the body that it was made of, if
 * that is long and names the model once only.
 *
 * @param segments the pieces of the body, in order; each is read on its own
 * @param length the number of bytes of all of them
 */
public record ModelEdit(List<ByteBuffer> segments, long length) {
    private static final int MOST_COPIED = 16 * 1024;

    /** Makes an edited body. */
    public ModelEdit {
        segments = List.copyOf(segments);
    }

    /**
     * Replaces the names of the model.
     *
     * @param body the pieces of the body, whose positions stay as they are
     * @param fields where it names the model, in the order of the body
     * @param rename tells what takes the place of a name
     * @throws IllegalArgumentException if a new name cannot be the value of a form's field and has to be one, or a field
     *     is not within the body, or not behind the one before it
     */
    public static ModelEdit of(List<ByteBuffer> body, List<ModelField> fields, UnaryOperator<String> rename) {
        List<ByteBuffer> edited = new ArrayList<>(body.size() + 2 * fields.size());
        Rest rest = new Rest(body);
        for (ModelField field : fields) {
            rest.take(field.start(), edited::add);
            edited.add(ByteBuffer.wrap(field.notation().write(rename.apply(field.name()))));
            rest.take(field.end(), replaced -> {});
        }
        rest.takeAll(edited::add);
        long length = 0;
        for (ByteBuffer piece : edited) {
            length += piece.remaining();
        }
        // Each piece is a write of its own, and may be a frame, which costs more than to copy a few.
        boolean copied = fields.size() > 1 || length <= MOST_COPIED;
        return new ModelEdit(copied ? List.of(joined(edited, length)) : edited, length);
    }

    private static ByteBuffer joined(List<ByteBuffer> pieces, long length) {
        ByteBuffer joined = ByteBuffer.allocate(Math.toIntExact(length));
        pieces.forEach(joined::put);
        return joined.flip();
    }

    /** What has not been taken of a body yet. */
    private static final class Rest {
        private final Iterator<ByteBuffer> segments;
        private ByteBuffer segment = ByteBuffer.allocate(0);
        private long offset;

        Rest(List<ByteBuffer> body) {
            segments = body.iterator();
        }

        /** Takes what is before an offset in the body, in pieces. */
        void take(long end, Consumer<ByteBuffer> pieces) {
            if (end < offset) {
                throw new IllegalArgumentException("the fields are not in the order of the body");
            }
            while (offset < end) {
                if (!hasMore()) {
                    throw new IllegalArgumentException("the field is not within the body");
                }
                takePiece(end - offset, pieces);
            }
        }

        void takeAll(Consumer<ByteBuffer> pieces) {
            while (hasMore()) {
                takePiece(segment.remaining(), pieces);
            }
        }

        private boolean hasMore() {
            while (!segment.hasRemaining() && segments.hasNext()) {
                segment = segments.next().slice();
            }
            return segment.hasRemaining();
        }

        private void takePiece(long most, Consumer<ByteBuffer> pieces) {
            int length = (int) Math.min(most, segment.remaining());
            pieces.accept(segment.slice(segment.position(), length));
            segment.position(segment.position() + length);
            offset += length;
        }
    }
}
