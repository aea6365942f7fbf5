package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Thinking.Level;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a model of an upstream takes, as far as an encoder has to know. A table by the beginning of its name gives what
 * is known; the configuration overrides it.
 *
 * @see #of
 */
public final class Capabilities {
    private static final Set<Level> PLAIN_LEVELS = EnumSet.of(Level.LOW, Level.MEDIUM, Level.HIGH);

    private static final Pattern FOURTH_CLAUDE =
            Pattern.compile("claude-(opus|sonnet|haiku)-4([-@]\\d{8}|-[0-5]([-@].*)?)?");
    private static final Pattern FIRST_OF_FOURTH_CLAUDE = Pattern.compile("claude-(opus|sonnet)-4(-0)?([@-]\\d{8})?");
    private static final Pattern THIRD_GEMINI = Pattern.compile("gemini-([3-9]|flash-latest|pro-latest).*");
    private static final Pattern REASONING_OPENAI = Pattern.compile("o[1-9].*");
    private static final Pattern PLAIN_OPENAI = Pattern.compile("gpt-[34].*|chatgpt-.*|gpt-5[.0-9]*-chat.*");
    private static final Pattern FIRST_GPT_5 = Pattern.compile("gpt-5([-@].*)?");

    private final Map<String, String> settings;

    private Capabilities(Map<String, String> settings) {
        this.settings = settings;
    }

    /** How a Claude model is told to think. */
    public enum ThinkingMode {
        /** It cannot. */
        NONE,
        /** By a number of tokens. */
        BUDGET,
        /** By effort. */
        ADAPTIVE
    }

    /** How a Gemini model is told how much to think. */
    public enum ThinkingControl {
        /** It is not. */
        NONE,
        /** By a number of tokens. */
        BUDGET,
        /** By a word. */
        LEVEL
    }

    /**
     * Returns what is known of a model.
     *
     * @param model the upstream's name for it
     * @param overrides what the configuration says otherwise, by the names of its keys
     */
    public static Capabilities of(Dialect dialect, boolean vertex, String model, Map<String, String> overrides) {
        Map<String, String> settings = new TreeMap<>();
        String name = model.toLowerCase(Locale.ROOT);
        name = name.substring(name.lastIndexOf('/') + 1);
        switch (dialect) {
            case MESSAGES -> claude(name, settings);
            case GEMINI -> gemini(name, vertex, settings);
            default -> openai(name, settings);
        }
        settings.putAll(overrides);
        return new Capabilities(settings);
    }

    /** Returns the most tokens that the model makes; 0 if not known. */
    public long maxOutput() {
        return Long.parseLong(get("max-output", "0"));
    }

    /** Returns how a Claude model thinks. */
    public ThinkingMode thinking() {
        return ThinkingMode.valueOf(get("thinking", "none").toUpperCase(Locale.ROOT));
    }

    /** Returns how a Gemini model is told to think. */
    public ThinkingControl thinkingControl() {
        return ThinkingControl.valueOf(get("thinking-control", "none").toUpperCase(Locale.ROOT));
    }

    /** Returns the words for effort that the model takes; none if it is known not to reason. */
    public Set<Level> efforts() {
        String words = settings.get("effort-values");
        if (words == null) {
            return PLAIN_LEVELS;
        }
        Set<Level> levels = EnumSet.noneOf(Level.class);
        for (String word : words.isEmpty() ? new String[0] : words.split(",", -1)) {
            levels.add(Level.valueOf(word.trim().toUpperCase(Locale.ROOT)));
        }
        return levels;
    }

    /** Returns whether calls of a Gemini model must come back with their signatures. */
    public boolean signaturesRequired() {
        return get("signatures", "optional").equals("required");
    }

    /** Returns whether a Gemini model takes schemas as JSON Schema has them. */
    public boolean jsonSchemaTools() {
        return flag("json-schema-tools", false);
    }

    /** Returns whether JSON can be asked for together with tools. */
    public boolean structuredWithTools() {
        return flag("structured-with-tools", true);
    }

    /** Returns whether a Claude model's answer can be held to a schema. */
    public boolean structured() {
        return flag("structured", true);
    }

    /** Returns whether instructions may stand between turns. */
    public boolean midSystem() {
        return flag("mid-system", false);
    }

    /** Returns whether temperature and top_p may both be given. */
    public boolean temperatureWithTopP() {
        return flag("temperature-with-top-p", true);
    }

    /** Returns whether calls and results of a Gemini model have identifiers. */
    public boolean functionIds() {
        return flag("function-ids", false);
    }

    /** Returns whether the upstream fetches images and documents. */
    public boolean urlImages() {
        return flag("url-images", true);
    }

    /** Returns whether results of tools may hold images. */
    public boolean toolImages() {
        return flag("tool-images", false);
    }

    /** Returns whether an OpenAI model thinks unless it is told not to. */
    public boolean reasons() {
        return flag("reasons", false);
    }

    /** Returns the role of instructions in a chat: {@code system}, {@code developer} or {@code none}. */
    public String systemRole() {
        return get("system-role", "system");
    }

    /** Returns the name of the limit in a chat. */
    public String maxTokensName() {
        return get("max-tokens-name", "max_tokens");
    }

    /** Returns whether a chat upstream can be asked for usage in a stream. */
    public boolean streamUsage() {
        return flag("stream-usage", true);
    }

    /** Returns whether a chat upstream wants to see again what it thought. */
    public boolean reasoningContent() {
        return flag("reasoning-content", false);
    }

    /** Returns whether an OpenAI model takes marks of what is to be cached. */
    public boolean breakpoints() {
        return flag("breakpoints", false);
    }

    /** Returns whether the upstream searches the web when a hosted tool says so. */
    public boolean webSearch() {
        return flag("web-search", false);
    }

    /** Returns whether unsigned calls are told to Gemini as text, not with the value that skips the check. */
    public boolean bypassAsText() {
        return get("gemini-bypass", "sentinel").equals("text");
    }

    private boolean flag(String name, boolean otherwise) {
        return Boolean.parseBoolean(get(name, Boolean.toString(otherwise)));
    }

    private String get(String name, String otherwise) {
        @Nullable String value = settings.get(name);
        return value == null ? otherwise : value;
    }

    private static void claude(String name, Map<String, String> settings) {
        boolean third =
                name.startsWith("claude-3-") || name.startsWith("claude-2") || name.startsWith("claude-instant");
        boolean sonnet37 = name.startsWith("claude-3-7");
        boolean fourth = FOURTH_CLAUDE.matcher(name).matches();
        settings.put("thinking", third && !sonnet37 ? "none" : third || fourth ? "budget" : "adaptive");
        settings.put("max-output", claudeOutput(name));
        settings.put("effort-values", "low,medium,high,xhigh,max");
        settings.put(
                "structured",
                Boolean.toString(!third && !FIRST_OF_FOURTH_CLAUDE.matcher(name).matches()));
        settings.put(
                "temperature-with-top-p",
                Boolean.toString(third || FIRST_OF_FOURTH_CLAUDE.matcher(name).matches()));
        settings.put("tool-images", "true");
    }

    private static String claudeOutput(String name) {
        if (name.startsWith("claude-3-5")) {
            return "8192";
        }
        if (name.startsWith("claude-3-7")) {
            return "64000";
        }
        return name.startsWith("claude-3-") ? "4096" : name.startsWith("claude-opus-4") ? "32000" : "64000";
    }

    private static void gemini(String name, boolean vertex, Map<String, String> settings) {
        boolean third = THIRD_GEMINI.matcher(name).matches();
        boolean second = name.startsWith("gemini-2.5");
        settings.put("thinking-control", third ? "level" : second ? "budget" : "none");
        settings.put("signatures", third ? "required" : "optional");
        settings.put("function-ids", Boolean.toString(third));
        settings.put("json-schema-tools", Boolean.toString(third));
        settings.put("structured-with-tools", Boolean.toString(third));
        settings.put("tool-images", Boolean.toString(third));
        settings.put("url-images", Boolean.toString(vertex));
    }

    private static void openai(String name, Map<String, String> settings) {
        boolean reasons =
                REASONING_OPENAI.matcher(name).matches() || name.startsWith("gpt-5") || name.startsWith("codex");
        boolean known = reasons || name.startsWith("gpt-") || name.startsWith("chatgpt-");
        settings.put("max-tokens-name", known ? "max_completion_tokens" : "max_tokens");
        settings.put("reasons", Boolean.toString(reasons));
        settings.put("system-role", reasons ? "developer" : "system");
        if (PLAIN_OPENAI.matcher(name).matches()) {
            settings.put("effort-values", "");
        } else if (FIRST_GPT_5.matcher(name).matches()) {
            settings.put("effort-values", "minimal,low,medium,high");
        } else if (name.startsWith("gpt-5.1")) {
            settings.put("effort-values", "none,low,medium,high");
        } else if (name.startsWith("gpt-5")) {
            settings.put("effort-values", "none,low,medium,high,xhigh");
        }
    }
}
