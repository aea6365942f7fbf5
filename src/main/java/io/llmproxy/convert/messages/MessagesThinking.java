package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Capabilities.ThinkingMode;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Thinking.Level;
import io.llmproxy.convert.model.ToolChoice;

/** How much a Claude model is to think, in the words that this model takes. */
final class MessagesThinking {
    private static final long LEAST = 1024;

    private final Thinking wish;
    private final Attempt attempt;
    private final ThinkingMode mode;
    private final boolean forced;
    private final boolean lost;
    private final long limit;

    /**
     * Decides.
     *
     * @param limit the most tokens of the answer
     * @param lacksThought whether the turn that the model goes on with has lost what it thought
     */
    MessagesThinking(ChatRequest request, Attempt attempt, long limit, boolean lacksThought) {
        this.wish = request.thinking();
        this.attempt = attempt;
        this.mode = attempt.capabilities().thinking();
        ToolChoice choice = request.choice();
        this.forced = !request.tools().isEmpty()
                && (choice == ToolChoice.Mode.REQUIRED
                        || choice instanceof ToolChoice.Named
                        || (choice instanceof ToolChoice.Allowed allowed && allowed.required()));
        this.lost = lacksThought && mode == ThinkingMode.BUDGET;
        this.limit = limit;
    }

    boolean isOn() {
        return mode != ThinkingMode.NONE
                && !wish.isUnsaid()
                && !wish.isOff()
                && !forced
                && !lost
                && (mode == ThinkingMode.ADAPTIVE || budget() >= LEAST);
    }

    void write(Json.Obj body, Json.Obj output) {
        if (wish.isUnsaid()) {
            return;
        }
        if (wish.isOff()) {
            body.put("thinking", mode == ThinkingMode.NONE ? null : disabled());
            return;
        }
        if (mode == ThinkingMode.ADAPTIVE) {
            Level level = Efforts.levelOf(wish);
            Level fitting = level == null
                    ? null
                    : Efforts.fit(level, attempt.capabilities().efforts());
            output.put("effort", fitting == null ? null : Efforts.word(fitting));
        }
        if (!isOn()) {
            attempt.notes().dropped(lost ? "reasoning-state-lost" : "thinking");
            body.put("thinking", lost ? disabled() : null);
            return;
        }
        Json.Obj thinking = new Json.Obj();
        if (mode == ThinkingMode.ADAPTIVE) {
            thinking.put("type", "adaptive");
            thinking.put("display", attempt.wantsReasoning() ? "summarized" : null);
        } else {
            thinking.put("type", "enabled").put("budget_tokens", budget());
        }
        body.put("thinking", thinking);
    }

    private long budget() {
        Long given = wish.level() == null ? wish.budget() : null;
        if (given != null && given > 0) {
            return Math.min(Math.max(given, LEAST), limit - 1);
        }
        Level level = Efforts.levelOf(wish);
        return Math.min(Efforts.budget(level == null ? Level.MEDIUM : level), limit * 3 / 4);
    }

    private static Json.Obj disabled() {
        return new Json.Obj().put("type", "disabled");
    }
}
