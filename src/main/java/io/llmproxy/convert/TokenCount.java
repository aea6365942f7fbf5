package io.llmproxy.convert;

/**
 * How many tokens a request takes, counted here and not by an upstream.
 *
 * @param tokens of the input
 * @param tokenizer whether its text was cut into the model's own tokens; else their number was guessed by the text's length
 */
public record TokenCount(long tokens, boolean tokenizer) {}
