package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Hash;
import io.llmproxy.convert.json.Json;

/** What OpenAI wants to see again of its reasoning: the item's name and its sealed content, which travel together. */
final class SealedItem {
    /** Stands in neither of both. */
    private static final char BETWEEN = '|';

    private static final int ID = 32;

    private SealedItem() {}

    static String of(Json.Obj item) {
        String id = item.string("id", "");
        String content = item.string("encrypted_content", "");
        return content.isEmpty() || id.isEmpty() ? content : id + BETWEEN + content;
    }

    static String id(String sealed) {
        int end = sealed.indexOf(BETWEEN);
        return end < 0 ? "rs_" + Hash.hex(sealed, ID) : sealed.substring(0, end);
    }

    static String content(String sealed) {
        return sealed.substring(sealed.indexOf(BETWEEN) + 1);
    }
}
