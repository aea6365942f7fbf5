package io.llmproxy.quota;

import java.util.List;

/**
 * How much was left of the limits that concern a request.
 *
 * @param at when
 * @param limits how much of each, those of the key first
 */
public record Standings(Moment at, List<Standing> limits) {
    /** No limit concerns it. */
    public static final Standings NONE = new Standings(new Moment(0, 0), List.of());

    public Standings {
        limits = List.copyOf(limits);
    }
}
