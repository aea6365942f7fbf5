package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is not shown of a body: members that the configuration names, and files in base64, whose size and digest are shown. */
final class Redaction {
    /** A text of these characters alone is a file, if it is so long. */
    private static final int LONG = 256;

    private final Set<String> members;

    /** @param members names whose values are not shown */
    Redaction(Collection<String> members) {
        this.members = Set.copyOf(members);
    }

    /** Whether there are members that are not shown. */
    boolean hasMembers() {
        return !members.isEmpty();
    }

    /** Returns what may be shown. */
    Json of(Json json) {
        if (json instanceof Json.Obj object) {
            Json.Obj shown = new Json.Obj();
            object.members()
                    .forEach((name, value) ->
                            shown.put(name, members.contains(name) ? new Json.Str(Masked.MASK) : of(value)));
            return shown;
        }
        if (json instanceof Json.Arr array) {
            Json.Arr shown = new Json.Arr();
            array.items().forEach(item -> shown.add(of(item)));
            return shown;
        }
        return json instanceof Json.Str text ? of(text) : json;
    }

    private static Json of(Json.Str text) {
        String value = text.value();
        int begin = 0;
        if (value.startsWith("data:")) {
            begin = value.indexOf(";base64,") + ";base64,".length();
        }
        if (value.length() - begin < LONG) {
            return text;
        }
        byte[] file = file(value.substring(begin));
        return file == null
                ? text
                : new Json.Str(value.substring(0, begin) + "[" + file.length + " bytes, sha256 " + digest(file) + "]");
    }

    private static byte @Nullable [] file(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return urlSafe(text);
        }
    }

    private static byte @Nullable [] urlSafe(String text) {
        try {
            return Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The SHA-256 of bytes in hexadecimal digits. */
    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has it", e);
        }
    }
}
