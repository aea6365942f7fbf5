package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Remembers what of a request was said otherwise, changed or left out, by its place. Not for several threads. */
public final class Notes {
    private static final int LONGEST_HEADER = 512;
    private static final int LONGEST_NAME = 64;

    private final Policy.Lossy lossy;
    private final Dialect target;
    private final Set<Note> notes = new LinkedHashSet<>();

    /**
     * Makes empty notes.
     *
     * @param lossy what to do with a loss that changes the meaning
     * @param target the dialect that cannot say it
     */
    public Notes(Policy.Lossy lossy, Dialect target) {
        this.lossy = lossy;
        this.target = target;
    }

    /** What happened to something. */
    public enum Kind {
        /** It was left out. */
        DROPPED,
        /** It was said otherwise. */
        EMULATED,
        /** It was brought into a range. */
        CLAMPED
    }

    /** One thing that happened; the numbers in its place are left out. */
    public record Note(String path, Kind kind) {}

    /** Something without which the answer means the same was left out. */
    public void dropped(String path) {
        add(path, Kind.DROPPED);
    }

    /**
     * Something is left out without which the answer means something else.
     *
     * @throws ConversionException if the policy is strict
     */
    public void lost(String path, String reason) {
        if (lossy == Policy.Lossy.STRICT) {
            throw ConversionException.unsupported(target, path, reason);
        }
        add(path, Kind.DROPPED);
    }

    /** Something was said otherwise. */
    public void emulated(String path) {
        add(path, Kind.EMULATED);
    }

    /**
     * Something is said otherwise, and not quite the same.
     *
     * @throws ConversionException if the policy is strict
     */
    public void weakened(String path, String reason) {
        if (lossy == Policy.Lossy.STRICT) {
            throw ConversionException.unsupported(target, path, reason);
        }
        add(path, Kind.EMULATED);
    }

    /** A number was brought into a range. */
    public void clamped(String path) {
        add(path, Kind.CLAMPED);
    }

    /** Adds all of other notes. */
    public void addAll(Notes others) {
        notes.addAll(others.notes);
    }

    /** Returns the error that this dialect cannot be told something. */
    public ConversionException unsupported(String path, String reason) {
        return ConversionException.unsupported(target, path, reason);
    }

    /** Returns all notes, in their order, each once. */
    public List<Note> all() {
        return List.copyOf(notes);
    }

    /**
     * Returns the value of the header that tells a client: names only, at most 512 bytes.
     *
     * @param client the client's dialect
     */
    public String header(Dialect client) {
        StringBuilder header = new StringBuilder(client.word()).append('>').append(target.word());
        for (Kind kind : Kind.values()) {
            String names = names(kind);
            if (!names.isEmpty()) {
                header.append("; ")
                        .append(kind.name().toLowerCase(Locale.ROOT))
                        .append('=')
                        .append(names);
            }
        }
        return header.length() <= LONGEST_HEADER ? header.toString() : header.substring(0, LONGEST_HEADER - 3) + "...";
    }

    private String names(Kind kind) {
        List<String> names = new ArrayList<>();
        for (Note note : notes) {
            if (note.kind() == kind) {
                names.add(note.path());
            }
        }
        return String.join(",", names);
    }

    private void add(String path, Kind kind) {
        notes.add(new Note(printable(path), kind));
    }

    /** Names come from strangers; what is no plain name could end the header. */
    private static String printable(String path) {
        StringBuilder name = new StringBuilder();
        for (int index = 0; index < path.length() && name.length() < LONGEST_NAME; index++) {
            char next = path.charAt(index);
            boolean digitInBrackets = Character.isDigit(next) && index > 0 && isInBrackets(path, index);
            if (!digitInBrackets) {
                name.append(isPlain(next) ? next : '?');
            }
        }
        return name.toString();
    }

    private static boolean isInBrackets(String path, int index) {
        int from = index;
        while (from > 0 && Character.isDigit(path.charAt(from))) {
            from--;
        }
        return path.charAt(from) == '[';
    }

    private static boolean isPlain(char next) {
        return (next >= 'a' && next <= 'z')
                || (next >= 'A' && next <= 'Z')
                || (next >= '0' && next <= '9')
                || "_-.[]".indexOf(next) >= 0;
    }
}
