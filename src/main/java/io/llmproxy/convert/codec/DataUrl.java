package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Source;
import java.util.Locale;

/** Reads and writes {@code data:image/png;base64,...}. */
public final class DataUrl {
    private static final String SCHEME = "data:";
    private static final String BASE64 = ";base64,";

    private DataUrl() {}

    /** Returns the data URL of bytes. */
    public static String of(Source.Inline inline) {
        return SCHEME + inline.mediaType() + BASE64 + inline.base64();
    }

    /**
     * Returns what a URL stands for.
     *
     * @param at where it was found, for the error
     * @throws Node.Mismatch if it is a data URL that is none of base64
     */
    public static Source parse(String url, Node at) {
        if (!url.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return new Source.Url(url, null);
        }
        int comma = url.indexOf(',');
        int marker = url.indexOf(';');
        if (comma < 0 || marker < 0 || marker > comma || !url.startsWith(BASE64, comma + 1 - BASE64.length())) {
            throw at.mismatch("must be an https URL or a data URL in base64");
        }
        return new Source.Inline(mediaType(url.substring(SCHEME.length(), marker)), clean(url.substring(comma + 1)));
    }

    /** Returns base64 without the line ends that some writers put into it. */
    public static String clean(String base64) {
        for (int index = 0; index < base64.length(); index++) {
            if (base64.charAt(index) <= ' ') {
                return base64.replaceAll("[\\x00- ]", "");
            }
        }
        return base64;
    }

    /** Returns the name that all know a media type by. */
    public static String mediaType(String name) {
        String lower = name.trim().toLowerCase(Locale.ROOT);
        return lower.equals("image/jpg") ? "image/jpeg" : lower;
    }

    /** Returns the media type that the end of a file's name stands for. */
    public static String mediaTypeOfFile(String filename) {
        String lower = filename.toLowerCase(Locale.ROOT);
        String end = lower.substring(lower.lastIndexOf('.') + 1);
        return switch (end) {
            case "png", "gif", "webp" -> "image/" + end;
            case "jpg", "jpeg" -> "image/jpeg";
            case "txt", "md" -> "text/plain";
            default -> "application/pdf";
        };
    }
}
