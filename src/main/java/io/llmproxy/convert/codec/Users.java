package io.llmproxy.convert.codec;

import org.jspecify.annotations.Nullable;

/** Who asks, and how urgently: the words differ, and not all may be passed on. */
public final class Users {
    private static final int DIGITS = 32;

    private Users() {}

    /** Returns the client's name for its user, or a digest of it that tells users apart and nothing else. */
    public static @Nullable String id(@Nullable String id, Policy policy) {
        return id == null || policy.forwardUser() ? id : "user_" + Hash.hex(id, DIGITS);
    }

    /** Returns OpenAI's word for a tier; null if it is left to the upstream. */
    public static @Nullable String openaiTier(@Nullable String tier, Notes notes) {
        if (tier == null) {
            return null;
        }
        return switch (tier) {
            case "standard_only", "standard" -> "default";
            case "auto", "default", "flex", "priority", "scale", "fast" -> tier;
            default -> drop(notes);
        };
    }

    /** Returns Anthropic's word for a tier; null if it is left to the upstream. */
    public static @Nullable String anthropicTier(@Nullable String tier, Notes notes) {
        if (tier == null) {
            return null;
        }
        return switch (tier) {
            case "auto", "default" -> "auto";
            case "standard", "standard_only" -> "standard_only";
            default -> drop(notes);
        };
    }

    /** Returns Google's word for a tier; null if it is left to the upstream. */
    public static @Nullable String googleTier(@Nullable String tier, Notes notes) {
        if (tier == null || tier.equals("auto")) {
            return null;
        }
        return switch (tier) {
            case "flex", "priority" -> tier;
            case "default", "standard", "standard_only" -> "standard";
            default -> drop(notes);
        };
    }

    private static @Nullable String drop(Notes notes) {
        notes.dropped("service_tier");
        return null;
    }
}
