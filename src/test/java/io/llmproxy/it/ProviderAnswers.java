package io.llmproxy.it;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the vendors' APIs say, as far as their clients want to read it. */
final class ProviderAnswers {
    /** What a stream says piece by piece: {@code Hello there}. */
    static final List<String> WORDS = List.of("Hel", "lo ", "there");

    private ProviderAnswers() {}

    /** OpenAI's answer in one piece. */
    static String completion(String message, String finish) {
        return """
                {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-large","choices":[{"index":0,\
                "message":{"role":"assistant","refusal":null,%s},"logprobs":null,"finish_reason":"%s"}]}""".formatted(message, finish);
    }

    /** OpenAI's answer in one piece that is but a text. */
    static String completion(String text) {
        return completion("\"content\":\"" + text + '"', "stop");
    }

    /** A piece of OpenAI's answer. */
    static String chunk(String delta, String finish) {
        return """
                data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-large",\
                "choices":[{"index":0,"delta":{%s},"finish_reason":%s}]}

                """.formatted(delta, finish);
    }

    /** OpenAI's answer in pieces. */
    static List<String> chunks() {
        return Stream.concat(
                        WORDS.stream().map(word -> chunk("\"content\":\"" + word + '"', "null")),
                        Stream.of(chunk("", "\"stop\""), "data: [DONE]\n\n"))
                .toList();
    }

    /** Anthropic's answer in one piece. */
    static String message(String content, String stop) {
        return """
                {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[%s],"stop_reason":%s,\
                "stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4}}""".formatted(content, stop);
    }

    /** Anthropic's answer in one piece that is but a text. */
    static String message(String text) {
        return message("{\"type\":\"text\",\"text\":\"%s\"}".formatted(text), "\"end_turn\"");
    }

    /** Anthropic's answer in pieces. */
    static List<String> events() {
        List<String> events = new ArrayList<>();
        events.add(event("message_start", ",\"message\":" + message("", "null")));
        events.add(event("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
        for (String word : WORDS) {
            String delta = ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}".formatted(word);
            events.add(event("content_block_delta", delta));
        }
        events.add(event("content_block_stop", ",\"index\":0"));
        events.add(event(
                "message_delta",
                ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":4}"));
        events.add(event("message_stop", ""));
        return events;
    }

    private static String event(String type, String rest) {
        return "event: %s\ndata: {\"type\":\"%s\"%s}\n\n".formatted(type, type, rest);
    }

    /** Gemini's answer, or a piece of it. */
    static String content(String part, boolean last) {
        return """
                {"candidates":[{"index":0,"content":{"role":"model","parts":[%s]}%s}],"modelVersion":"gemini-flash"}""".formatted(part, last ? ",\"finishReason\":\"STOP\"" : "");
    }

    /** Gemini's answer in one piece that is but a text. */
    static String content(String text) {
        return content("{\"text\":\"" + text + "\"}", true);
    }

    /** Gemini's answer in pieces. */
    static List<String> contents() {
        return WORDS.stream()
                .map(word -> "data: " + content("{\"text\":\"" + word + "\"}", word.equals("there")) + "\r\n\r\n")
                .toList();
    }
}
