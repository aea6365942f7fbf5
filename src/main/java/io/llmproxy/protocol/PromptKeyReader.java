package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads {@link PromptKeys} out of one body. Of the prompt it hashes texts, and not how they are written: a client that sends a
 * mark for the cache with its last message only, or writes a text as a list of one part, has said the same.
 */
final class PromptKeyReader {
    private static final int MOST_READ = 1 << 20;
    private static final int MOST_HASHED = 1 << 16;
    /** Of a prompt that is one text: the next one may go on anywhere behind its beginning. */
    private static final int MOST_OF_TEXT = 512;

    /** How deep the texts of messages may lie. */
    private static final int DEEP = 8;

    private static final int IN_MEMBER = 2;
    private static final int IN_MESSAGE = 3;

    private final JsonScanner json = new JsonScanner(1);
    private final TextHash cacheKey = new TextHash();
    private final TextHash user = new TextHash();
    private final TextHash instructions = new TextHash();
    private final TextHash messages = new TextHash();
    private final Capture role = new Capture("assistant".length());
    private final boolean prompted;

    private Part part = Part.OTHER;
    private Value value = Value.TEXT;
    private int skipped;
    private boolean hasCacheKey;
    private boolean hasUser;
    private boolean hasInstructions;
    private boolean hasMessages;
    private boolean inText;
    private int textFrom;
    private int left;
    private boolean broken;

    /** A member of the body. */
    private enum Part {
        CACHE_KEY,
        USER,
        METADATA,
        INSTRUCTIONS,
        MESSAGES,
        TEXT,
        OTHER
    }

    /** What a name inside of a part says of its value. */
    private enum Value {
        TEXT,
        ROLE,
        SKIPPED
    }

    /** @param prompted whether the request has a prompt */
    PromptKeyReader(boolean prompted) {
        this.prompted = prompted;
    }

    PromptKeys read(List<ByteBuffer> body) {
        int room = MOST_READ;
        for (int piece = 0; piece < body.size() && room > 0 && !broken; piece++) {
            ByteBuffer bytes = body.get(piece);
            int length = Math.min(bytes.remaining(), room);
            if (bytes.hasArray()) {
                int from = bytes.arrayOffset() + bytes.position();
                read(bytes.array(), from, from + length);
            } else {
                byte[] copy = new byte[length];
                bytes.duplicate().get(copy);
                read(copy, 0, length);
            }
            room -= length;
        }
        return broken ? PromptKeys.NONE : keys();
    }

    private PromptKeys keys() {
        boolean hasPrefix = hasInstructions || hasMessages;
        return new PromptKeys(
                hasCacheKey ? cacheKey.value() : 0,
                hasUser ? user.value() : 0,
                hasPrefix ? TextHash.both(instructions.value(), messages.value()) : 0);
    }

    private void read(byte[] bytes, int from, int to) {
        json.input(bytes, from, to);
        textFrom = from;
        Token token = json.next();
        while (token != Token.MORE && !broken) {
            take(token, bytes);
            token = json.next();
        }
        text(bytes, to);
    }

    private void take(Token token, byte[] bytes) {
        switch (token) {
            case NAME -> name();
            case STRING -> begin();
            case STRING_END -> end(bytes);
            case OBJECT, ARRAY -> open();
            case END -> close();
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> broken = true;
            default -> value = Value.TEXT;
        }
    }

    private void name() {
        int depth = json.depth();
        if (depth == 1) {
            part = part();
            json.show(shown());
        } else if (part == Part.METADATA) {
            value = json.isNamed("user_id") ? Value.TEXT : Value.SKIPPED;
        } else if (depth == IN_MESSAGE && json.isNamed("role")) {
            value = Value.ROLE;
        } else {
            // Marks for the cache move on with the conversation. Types and identifiers are no part of the prompt.
            boolean aside = json.isNamed("cache_control") || json.isNamed("type") || json.isNamed("id");
            value = aside ? Value.SKIPPED : Value.TEXT;
        }
    }

    private Part part() {
        left = MOST_HASHED;
        if (json.isNamed("prompt_cache_key")) {
            return Part.CACHE_KEY;
        }
        if (json.isNamed("user") || json.isNamed("safety_identifier")) {
            return Part.USER;
        }
        if (json.isNamed("metadata")) {
            return Part.METADATA;
        }
        return prompted ? promptPart() : Part.OTHER;
    }

    private Part promptPart() {
        if (json.isNamed("messages") || json.isNamed("input") || json.isNamed("contents")) {
            return Part.MESSAGES;
        }
        if (json.isNamed("prompt")) {
            left = MOST_OF_TEXT;
            return Part.TEXT;
        }
        boolean google = json.isNamed("systemInstruction") || json.isNamed("system_instruction");
        return google || json.isNamed("system") || json.isNamed("instructions") ? Part.INSTRUCTIONS : Part.OTHER;
    }

    private int shown() {
        return switch (part) {
            case CACHE_KEY, USER, OTHER -> 1;
            case METADATA -> IN_MEMBER;
            case INSTRUCTIONS, MESSAGES, TEXT -> DEEP;
        };
    }

    private void open() {
        if (part == Part.MESSAGES && json.depth() == IN_MESSAGE) {
            role.clear();
        }
        if (value == Value.SKIPPED && skipped == 0) {
            skipped = json.depth();
        }
        value = Value.TEXT;
    }

    private void close() {
        if (skipped > json.depth()) {
            skipped = 0;
        }
        if (part == Part.MESSAGES && json.depth() == IN_MEMBER && isOfUser()) {
            // What follows differs from turn to turn.
            part = Part.OTHER;
            json.show(1);
        }
    }

    /** Google's messages need not name a role if they are a user's. */
    private boolean isOfUser() {
        return role.length() == 0 || role.isJsonFor("user");
    }

    private void begin() {
        inText = value == Value.ROLE || (value == Value.TEXT && skipped == 0 && isHashed());
        textFrom = json.position();
        if (value == Value.ROLE) {
            role.clear();
        }
    }

    private boolean isHashed() {
        return switch (part) {
            case CACHE_KEY, USER -> json.depth() == 1;
            case METADATA -> json.depth() == IN_MEMBER;
            case INSTRUCTIONS, MESSAGES, TEXT -> true;
            case OTHER -> false;
        };
    }

    private void end(byte[] bytes) {
        text(bytes, json.position() - 1);
        if (inText && value != Value.ROLE) {
            told().end();
            tell();
        }
        inText = false;
        value = Value.TEXT;
    }

    /** Takes the text that there is of a string in this piece. */
    private void text(byte[] bytes, int to) {
        if (!inText) {
            return;
        }
        if (value == Value.ROLE) {
            role.add(bytes, textFrom, to);
            return;
        }
        int count = Math.min(to - textFrom, left);
        told().add(bytes, textFrom, textFrom + count);
        left -= count;
    }

    private TextHash told() {
        return switch (part) {
            case CACHE_KEY -> cacheKey;
            case USER, METADATA -> user;
            case INSTRUCTIONS -> instructions;
            case MESSAGES, TEXT, OTHER -> messages;
        };
    }

    private void tell() {
        switch (part) {
            case CACHE_KEY -> hasCacheKey = true;
            case USER, METADATA -> hasUser = true;
            case INSTRUCTIONS -> hasInstructions = true;
            case MESSAGES, TEXT -> hasMessages = true;
            case OTHER -> {}
        }
    }
}
