package io.llmproxy.convert;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tokenizers of OpenAI's models. A vocabulary takes tens of megabytes, so that it is read when it is first needed. */
final class Tokenizers {
    private static final EncodingRegistry REGISTRY = Encodings.newLazyEncodingRegistry();

    /** By the beginnings of names; all later models have the vocabulary of the first row. */
    private static final Set<String> O200K = Set.of(
            "gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-6", "gpt-oss", "chatgpt-4o", "codex-", "o1", "o3", "o4");

    private static final Set<String> CL100K = Set.of("gpt-4", "gpt-3.5", "gpt-35", "text-embedding-");

    private Tokenizers() {}

    /** Returns the tokenizer of a model, or null if that is not known. */
    static @Nullable Encoding of(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        String bare = name.substring(name.lastIndexOf('/') + 1);
        if (begins(bare, O200K)) {
            return REGISTRY.getEncoding(EncodingType.O200K_BASE);
        }
        return begins(bare, CL100K) ? REGISTRY.getEncoding(EncodingType.CL100K_BASE) : null;
    }

    private static boolean begins(String name, Set<String> words) {
        return words.stream().anyMatch(name::startsWith);
    }
}
