package io.llmproxy.usage;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The forms in which answers tell what they took; several APIs may share one. */
public enum UsageShape {
    /** OpenAI's chats, and the completions before them, as many serve them. */
    CHAT(AnswerPlaces.chat()),
    /** OpenAI's Responses. */
    RESPONSES(AnswerPlaces.responses()),
    /** Anthropic's Messages. */
    MESSAGES(AnswerPlaces.messages()),
    /** Gemini's and Vertex AI's. */
    GEMINI(AnswerPlaces.gemini()),
    /** Embeddings, which have no output. */
    EMBEDDINGS(AnswerPlaces.embeddings()),
    /** Images. */
    IMAGES(AnswerPlaces.images()),
    /** Text of sound. */
    TRANSCRIPTION(AnswerPlaces.transcription()),
    /** Ollama's own API. */
    OLLAMA(AnswerPlaces.ollama());

    private static final Set<String> GEMINI_VERBS =
            Set.of("generateContent", "streamGenerateContent", "embedContent", "batchEmbedContents");
    private static final Set<String> ANTHROPIC_VERBS = Set.of("rawPredict", "streamRawPredict");

    private static final List<Ending> ENDINGS = List.of(
            new Ending("/completions", CHAT),
            new Ending("/responses", RESPONSES),
            new Ending("/messages", MESSAGES),
            new Ending("/embeddings", EMBEDDINGS),
            new Ending("/images/generations", IMAGES),
            new Ending("/images/edits", IMAGES),
            new Ending("/images/variations", IMAGES),
            new Ending("/audio/transcriptions", TRANSCRIPTION),
            new Ending("/audio/translations", TRANSCRIPTION),
            new Ending("/api/chat", OLLAMA),
            new Ending("/api/generate", OLLAMA),
            new Ending("/api/embed", OLLAMA));

    /** Not changed any more once it is made. */
    @SuppressWarnings("ImmutableEnumChecker")
    private final Place places;

    UsageShape(Place places) {
        this.places = places;
    }

    /** Where it is looked for. */
    Place places() {
        return places;
    }

    /**
     * Returns the form of the answers under a path; nothing if they tell no usage, or that of another answer: to count tokens
     * costs none, and an answer that was stored was counted when it was made.
     *
     * @param method the request's, in capitals
     * @param path the request's path, with or without a base before the part that is known
     */
    public static Optional<UsageShape> of(String method, String path) {
        return method.equals("POST") ? Optional.ofNullable(ofPath(path)) : Optional.empty();
    }

    private static @Nullable UsageShape ofPath(String path) {
        String verb = path.substring(path.lastIndexOf(':') + 1);
        if (GEMINI_VERBS.contains(verb)) {
            return GEMINI;
        }
        if (ANTHROPIC_VERBS.contains(verb) && path.contains("/publishers/anthropic/")) {
            return MESSAGES;
        }
        for (Ending ending : ENDINGS) {
            if (path.endsWith(ending.path)) {
                return ending.shape;
            }
        }
        return null;
    }

    private record Ending(String path, UsageShape shape) {}
}
