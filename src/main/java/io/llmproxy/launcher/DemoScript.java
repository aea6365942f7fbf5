package io.llmproxy.launcher;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the mock LLM says, in the words of one API. */
enum DemoScript {
    OPENAI_CHAT("/chat/completions", """
            {"id":"demo-1","object":"chat.completion","created":@now,"model":"demo","choices":[{"index":0,"message":\
            {"role":"assistant","content":"%s","refusal":null},"logprobs":null,"finish_reason":"stop"}],\
            "usage":{"prompt_tokens":1,"completion_tokens":40,"total_tokens":41}}""", """
                    data: {"id":"demo-1","object":"chat.completion.chunk","created":@now,"model":"demo","choices":[\
                    {"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

                    """, """
            data: {"id":"demo-1","object":"chat.completion.chunk","created":@now,"model":"demo","choices":[{"index":0,\
            "delta":{"content":"%s"},"finish_reason":null}]}

            """, """
                    data: {"id":"demo-1","object":"chat.completion.chunk","created":@now,"model":"demo","choices":[\
                    {"index":0,"delta":{},"finish_reason":"stop"}]}

                    data: [DONE]

                    """),

    OPENAI_COMPLETIONS("/completions", """
            {"id":"demo-1","object":"text_completion","created":@now,"model":"demo","choices":[{"index":0,"text":"%s",\
            "logprobs":null,"finish_reason":"stop"}],\
            "usage":{"prompt_tokens":1,"completion_tokens":40,"total_tokens":41}}""", "", """
            data: {"id":"demo-1","object":"text_completion","created":@now,"model":"demo","choices":[{"index":0,\
            "text":"%s","logprobs":null,"finish_reason":null}]}

            """, """
                    data: {"id":"demo-1","object":"text_completion","created":@now,"model":"demo","choices":[{"index":0,\
                    "text":"","logprobs":null,"finish_reason":"stop"}]}

                    data: [DONE]

                    """),

    RESPONSES("/responses", """
            {"id":"resp_demo","object":"response","created_at":@now,"status":"completed","error":null,\
            "incomplete_details":null,"instructions":null,"metadata":{},"model":"demo","output":[{"id":"msg_demo",\
            "type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"%s",\
            "annotations":[]}]}],"parallel_tool_calls":true,"temperature":1.0,"tool_choice":"auto","tools":[],\
            "top_p":1.0,"usage":{"input_tokens":1,"input_tokens_details":{"cached_tokens":0},"output_tokens":40,\
            "output_tokens_details":{"reasoning_tokens":0},"total_tokens":41}}""", """
                    event: response.created
                    data: {"type":"response.created","sequence_number":@number,"response":{"id":"resp_demo",\
                    "object":"response","created_at":@now,"status":"in_progress","model":"demo","output":[],\
                    "parallel_tool_calls":true,"tool_choice":"auto","tools":[]}}

                    event: response.output_item.added
                    data: {"type":"response.output_item.added","sequence_number":@number,"output_index":0,"item":\
                    {"id":"msg_demo","type":"message","status":"in_progress","role":"assistant","content":[]}}

                    event: response.content_part.added
                    data: {"type":"response.content_part.added","sequence_number":@number,"item_id":"msg_demo",\
                    "output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}

                    """, """
            event: response.output_text.delta
            data: {"type":"response.output_text.delta","sequence_number":@number,"item_id":"msg_demo",\
            "output_index":0,"content_index":0,"delta":"%s","logprobs":[]}

            """, """
                    event: response.output_text.done
                    data: {"type":"response.output_text.done","sequence_number":@number,"item_id":"msg_demo",\
                    "output_index":0,"content_index":0,"text":"@text","logprobs":[]}

                    event: response.content_part.done
                    data: {"type":"response.content_part.done","sequence_number":@number,"item_id":"msg_demo",\
                    "output_index":0,"content_index":0,"part":{"type":"output_text","text":"@text","annotations":[]}}

                    event: response.output_item.done
                    data: {"type":"response.output_item.done","sequence_number":@number,"output_index":0,"item":\
                    {"id":"msg_demo","type":"message","status":"completed","role":"assistant","content":[\
                    {"type":"output_text","text":"@text","annotations":[]}]}}

                    event: response.completed
                    data: {"type":"response.completed","sequence_number":@number,"response":{"id":"resp_demo",\
                    "object":"response","created_at":@now,"status":"completed","model":"demo","output":[\
                    {"id":"msg_demo","type":"message","status":"completed","role":"assistant","content":[\
                    {"type":"output_text","text":"@text","annotations":[]}]}],"parallel_tool_calls":true,\
                    "tool_choice":"auto","tools":[],"usage":{"input_tokens":1,"input_tokens_details":\
                    {"cached_tokens":0},"output_tokens":40,"output_tokens_details":{"reasoning_tokens":0},\
                    "total_tokens":41}}}

                    """),

    ANTHROPIC("/messages", """
            {"id":"msg_demo","type":"message","role":"assistant","model":"demo","content":[{"type":"text",\
            "text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,\
            "usage":{"input_tokens":1,"output_tokens":40}}""", """
                    event: message_start
                    data: {"type":"message_start","message":{"id":"msg_demo","type":"message","role":"assistant",\
                    "model":"demo","content":[],"stop_reason":null,"stop_sequence":null,\
                    "usage":{"input_tokens":1,"output_tokens":1}}}

                    event: content_block_start
                    data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                    """, """
            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}

            """, """
                    event: content_block_stop
                    data: {"type":"content_block_stop","index":0}

                    event: message_delta
                    data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
                    "usage":{"output_tokens":40}}

                    event: message_stop
                    data: {"type":"message_stop"}

                    """),

    GEMINI("enerateContent", """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"%s"}]},"finishReason":"STOP","index":0}],\
            "usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":40,"totalTokenCount":41},\
            "modelVersion":"demo","responseId":"demo-1"}""", "", """
            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"%s"}]},"index":0}],\
            "modelVersion":"demo","responseId":"demo-1"}

            """, """
                    data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP",\
                    "index":0}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":40,"totalTokenCount":41},\
                    "modelVersion":"demo","responseId":"demo-1"}

                    """),

    MODELS("/models", """
            {"object":"list","data":[{"id":"demo","object":"model","created":@now,"owned_by":"llmproxy"}]}""", "", "", "");

    /** Stands for the time in the texts. */
    private static final String NOW = "@now";

    /** Stands for the place of an event among all. */
    private static final String NUMBER = "@number";

    /** Stands for the whole text. */
    private static final String ALL = "@text";

    private static final String TEXT =
            "Hello! I am the mock LLM inside LLMProxy. I always say this, word by word, so that "
                    + "you can watch the stream. Put your own upstreams into a config.yaml, and talk to real models at the same "
                    + "address.";

    private final String pathEnd;
    private final String whole;
    private final String before;
    private final String word;
    private final String after;

    DemoScript(String pathEnd, String whole, String before, String word, String after) {
        this.pathEnd = pathEnd;
        this.whole = whole;
        this.before = before;
        this.word = word;
        this.after = after;
    }

    /** Returns the script for a path, or null if nothing is known of it. */
    static @Nullable DemoScript of(String path) {
        return Arrays.stream(values())
                .filter(script -> path.endsWith(script.pathEnd))
                .findFirst()
                .orElse(null);
    }

    /**
     * The answer in one piece.
     *
     * @param now when it was asked for, in seconds since 1970
     */
    String whole(long now) {
        return at(now, whole.formatted(TEXT));
    }

    /**
     * The answer as events.
     *
     * @param now when it was asked for, in seconds since 1970
     */
    List<String> events(long now) {
        List<String> events = new ArrayList<>();
        events.addAll(split(before, "(?<=\n\n)"));
        split(TEXT, "(?<= )").forEach(part -> events.add(word.formatted(part)));
        events.addAll(split(after, "(?<=\n\n)"));
        List<String> numbered = new ArrayList<>();
        for (String event : events) {
            String number = Integer.toString(numbered.size());
            numbered.add(at(now, event).replace(NUMBER, number).replace(ALL, TEXT));
        }
        return numbered;
    }

    private static String at(long now, String text) {
        return text.replace(NOW, Long.toString(now));
    }

    private static List<String> split(String text, String behind) {
        return text.isEmpty() ? List.of() : List.of(text.split(behind, 0));
    }
}
