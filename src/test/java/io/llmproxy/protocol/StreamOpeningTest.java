package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StreamOpeningTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String RESPONSES = "/v1/responses";
    private static final String GEMINI = "/v1beta/models/g:streamGenerateContent";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'id':'c','object':'chat.completion.chunk','created':1,'model':'m','choices':[]}",
                "{'id':'c','choices':[{'index':0,'delta':{'role':'assistant','content':'','refusal':null},"
                        + "'logprobs':null,'finish_reason':null}],'usage':null}",
                "{'id':'c','choices':[{'index':0,'delta':{},'finish_reason':null}]}",
                "{'id':'c','choices':[{'index':0,'delta':{'role':'assistant','content':null,'tool_calls':[]}}]}",
                "{'id':'c','choices':[{'index':0,'delta':{'role':'assistant'}},{'index':1,'delta':{'role':'assistant'}}]}",
                "{'id':'','choices':[],'prompt_filter_results':[{'prompt_index':0,'content_filter_results':"
                        + "{'hate':{'filtered':false,'severity':'safe'}}}]}",
                "{'id':'c','choices':[{'index':0,'text':'','finish_reason':null}]}",
                "{'id':'c','choices':[],'error':null}",
            })
    void aChunkWithoutContentOnlyOpensAChat(String data) {
        assertOpens(CHAT, data);
        assertOpens("/v1/completions", data);
        assertOpens("/openai/deployments/d/chat/completions", data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[DONE]",
                "{'choices':[{'index':0,'delta':{'content':'a'}}]}",
                "{'choices':[{'index':0,'delta':{'content':' '}}]}",
                "{'choices':[{'index':0,'delta':{'role':'assistant'}},{'index':1,'delta':{'content':'a'}}]}",
                "{'choices':[{'index':0,'delta':{'refusal':'no'}}]}",
                "{'choices':[{'index':0,'delta':{'reasoning_content':'a'}}]}",
                "{'choices':[{'index':0,'delta':{'reasoning':'a'}}]}",
                "{'choices':[{'index':0,'delta':{'audio':{'id':'a'}}}]}",
                "{'choices':[{'index':0,'delta':{'tool_calls':[{'index':0}]}}]}",
                "{'choices':[{'index':0,'delta':{'function_call':{'name':'f'}}}]}",
                "{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}",
                "{'choices':[{'index':0,'text':'a'}]}",
                "{'choices':[],'usage':{'total_tokens':0}}",
                "{'id':'c','choices':[],'new':true}",
                "{'id':'c','choices':[],'new':false}",
                "{}",
                "{'choices':[]}",
                "[]",
                "[{'id':'c'}]",
                "null",
                "1",
                "'id'",
                "",
                "{",
                "{'id':'c'",
                "{'id':'c'}}",
                "{'id':'c'} {'id':'c'}",
                "{'id':'c',}",
                "{'id' 'c'}",
                "{'id':c}",
                "{'id':'\\x'}",
            })
    void allElseEndsTheOpeningOfAChat(String data) {
        assertEnds(CHAT, data, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'message_start','message':{'id':'m','type':'message','role':'assistant','model':'c','content':[],"
                        + "'stop_reason':null,'stop_sequence':null,'usage':{'input_tokens':9,'output_tokens':1,"
                        + "'cache_creation':{'ephemeral_5m_input_tokens':0}}}}",
                "{'type': 'ping'}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}",
                "{'index':0,'content_block':{'text':'','type':'text'},'type':'content_block_start'}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':'','citations':[]}}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':'','signature':''}}",
            })
    void anEventWithoutContentOnlyOpensAMessage(String data) {
        assertOpens(MESSAGES, data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':'a'}}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'tool_use','id':'t','input':{}}}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'redacted_thinking','data':'x'}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':''}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'message_delta','delta':{'stop_reason':'end_turn'}}",
                "{'type':'message_stop'}",
                "{'type':'message_start','message':{'content':[{'type':'text'}]}}",
                "{'type':'message_start','message':{'stop_reason':'end_turn'}}",
                "{'type':'vent'}",
                "{'index':0}",
                "{'type':''}",
            })
    void allElseEndsTheOpeningOfAMessage(String data) {
        assertEnds(MESSAGES, data, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'response.created','sequence_number':0,'response':{'id':'r','status':'in_progress','output':[],"
                        + "'error':null,'usage':null,'incomplete_details':null,'temperature':1.0,'parallel_tool_calls':true,"
                        + "'instructions':'say output','tools':[{'type':'function','parameters':{'type':'object'}}]}}",
                "{'type':'response.queued','response':{'id':'r','status':'queued'}}",
                "{'type':'response.in_progress','response':{'id':'r','status':'in_progress'}}",
                "{'type':'response.output_item.added','output_index':0,'item':{'id':'i','type':'message',"
                        + "'status':'in_progress','role':'assistant','content':[]}}",
                "{'type':'response.output_item.added','output_index':0,'item':{'id':'i','type':'reasoning','summary':[]}}",
                "{'type':'response.content_part.added','item_id':'i','output_index':0,'content_index':0,"
                        + "'part':{'type':'output_text','annotations':[],'logprobs':[],'text':''}}",
                "{'type':'response.reasoning_summary_part.added','item_id':'i','summary_index':0,"
                        + "'part':{'type':'summary_text','text':''}}",
            })
    void anEventWithoutContentOnlyOpensAResponse(String data) {
        assertOpens(RESPONSES, data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'response.output_text.delta','item_id':'i','delta':'a'}",
                "{'type':'response.output_item.added','item':{'type':'function_call','name':'f'}}",
                "{'type':'response.output_item.added','item':{'type':'message','content':[{'text':'a'}]}}",
                "{'type':'response.content_part.added','part':{'type':'output_text','text':'a'}}",
                "{'type':'response.content_part.added','part':{'type':'refusal','refusal':''}}",
                "{'type':'response.created','response':{'id':'r','output':[{'type':'message'}]}}",
                "{'type':'response.created','response':{'id':'r','usage':{'total_tokens':1}}}",
                "{'type':'response.in_progress','response':{'incomplete_details':{'reason':'max_output_tokens'}}}",
                "{'type':'response.completed','response':{'id':'r'}}",
                "{'type':'response.incomplete','response':{'id':'r'}}",
                "{'type':'response.audio.delta','delta':'x'}",
                "{'response':{'id':'r'}}",
            })
    void allElseEndsTheOpeningOfAResponse(String data) {
        assertEnds(RESPONSES, data, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'usageMetadata':{'promptTokenCount':9},'modelVersion':'g','responseId':'r'}",
                "{'candidates':[{'index':0,'content':{'role':'model'}}]}",
                "{'candidates':[{'content':{'role':'model','parts':[]},'index':0}]}",
                "{'candidates':[{'content':{'role':'model','parts':[{'text':''}]},'safetyRatings':[{'probability':'LOW'}]}]}",
                "{'candidates':[{'content':{'role':'model','parts':[{'text':'','thought':true}]}}]}",
            })
    void aChunkWithoutPartsOnlyOpensAGeminiStream(String data) {
        assertOpens(GEMINI, data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'candidates':[{'content':{'parts':[{'text':'a'}]}}]}",
                "{'candidates':[{'content':{'parts':[{'text':''},{'text':'a'}]}}]}",
                "{'candidates':[{'content':{'parts':[{'functionCall':{'name':'f'}}]}}]}",
                "{'candidates':[{'content':{'parts':[{'text':'','thoughtSignature':'x'}]}}]}",
                "{'candidates':[{'index':0,'finishReason':'STOP'}]}",
                "{'promptFeedback':{'blockReason':'SAFETY'}}",
                "{}",
            })
    void allElseEndsTheOpeningOfAGeminiStream(String data) {
        assertEnds(GEMINI, data, 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "/v1/messages | 529 | {'type':'error','error':{'type':'overloaded_error','message':'m'}}",
                "/v1/messages | 529 | {'error':{'message':'m','type':'overloaded_error'},'type':'error'}",
                "/v1/messages | 429 | {'type':'error','error':{'type':'rate_limit_error','message':'m'}}",
                "/v1/messages | 500 | {'type':'error','error':{'type':'api_error','message':'m'}}",
                "/v1/messages | 400 | {'type':'error','error':{'type':'invalid_request_error'}}",
                "/v1/messages | 401 | {'type':'error','error':{'type':'authentication_error'}}",
                "/v1/messages | 402 | {'type':'error','error':{'type':'billing_error'}}",
                "/v1/messages | 403 | {'type':'error','error':{'type':'permission_error'}}",
                "/v1/messages | 404 | {'type':'error','error':{'type':'not_found_error'}}",
                "/v1/messages | 413 | {'type':'error','error':{'type':'request_too_large'}}",
                "/v1/messages | 504 | {'type':'error','error':{'type':'timeout_error'}}",
                "/v1/messages | 500 | {'type':'error','error':{'type':'of_its_own'}}",
                "/v1/messages | 500 | {'type':'error'}",
                "/v1/chat/completions | 429 | {'error':{'message':'m','type':'requests','code':'rate_limit_exceeded'}}",
                "/v1/chat/completions | 429 | {'error':{'type':'tokens','param':null,'code':null}}",
                "/v1/chat/completions | 500 | {'error':{'type':'server_error','code':null}}",
                "/v1/chat/completions | 503 | {'error':{'type':'overloaded'}}",
                "/v1/chat/completions | 503 | {'error':{'type':'new','code':'service_unavailable'}}",
                "/v1/chat/completions | 404 | {'error':{'type':'invalid_request_error','code':'model_not_found'}}",
                "/v1/chat/completions | 502 | {'id':'g','error':{'code':502,'message':'m'},'choices':[]}",
                "/v1/chat/completions | 429 | {'error':{'code':'429'}}",
                "/v1/chat/completions | 500 | {'error':{'code':200}}",
                "/v1/chat/completions | 500 | {'error':{'code':4290}}",
                "/v1/chat/completions | 500 | {'error':{'code':'5xx'}}",
                "/v1/chat/completions | 500 | {'error':{'code':'40x'}}",
                "/v1/chat/completions | 500 | {'error':'m'}",
                "/v1/responses | 500 | {'type':'error','code':'server_error','message':'m','param':null}",
                "/v1/responses | 429 | {'type':'error','error':{'type':'tokens','code':'rate_limit_exceeded'}}",
                "/v1/responses | 500 | {'type':'response.failed','response':{'error':{'code':'server_error'}}}",
                "/v1/responses | 429 | {'type':'response.failed','response':{'error':{'code':'rate_limit_exceeded'}}}",
                "/v1/responses | 400 | {'type':'response.failed','response':{'error':{'code':'invalid_prompt'}}}",
                "/v1beta/models/g:streamGenerateContent | 503 | {'error':{'code':503,'status':'UNAVAILABLE'}}",
                "/v1beta/models/g:streamGenerateContent | 429 | {'error':{'status':'RESOURCE_EXHAUSTED'}}",
                "/v1beta/models/g:streamGenerateContent | 409 | {'error':{'status':'ABORTED'}}",
            })
    void anErrorEndsTheOpeningWithTheStatusThatItStandsFor(String path, int status, String data) {
        assertEnds(path, data, status);
    }

    @Test
    void anErrorThatBreaksOffSaysNoStatus() {
        assertEnds(CHAT, "{'error':{'code':502}", 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n\n\r\n",
                ": comment\n\n",
                "event: ping\n\n",
                "id: 1\nretry: 5\n\n",
                "data",
                "data: {\"type\"",
                "\uFEFF\n"
            })
    void whatIsNoEventDoesNotCount(String stream) {
        StreamOpening opening = scan(MESSAGES, stream);

        assertThat(opening.isOver()).isFalse();
        assertThat(opening.events()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":{\"message\":\"m\"}}\n",
                "<html>\n",
                "Data: {\"type\":\"ping\"}\n",
                " data: {\"type\":\"ping\"}\n",
                "\uFEFF\uFEFFdata: x\n",
                "data\n\n",
            })
    void whatIsNoEventStreamEndsTheOpening(String stream) {
        assertThat(scan(MESSAGES, stream).isOver()).isTrue();
    }

    @Test
    void theEndOfPlainJsonIsWorthBeingPassedOn() {
        assertEndsWith(429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}");
        assertEndsWith(429, "\uFEFF {\"error\":{\"code\":\"rate_limit_exceeded\"}}\n");
        assertEndsWith(0, "{\"id\":\"c\",\"choices\":[{\"message\":{\"content\":\"hi\"}}]}");
        assertEndsWith(0, "[1]");
    }

    @Test
    void soIsAnErrorWhoseBlankLineIsMissing() {
        assertEndsWith(429, "data: {\"error\":{\"code\":429}}");
        assertEndsWith(429, "event: error\ndata: {\"error\":{\"code\":429}}\n");
    }

    private static void assertEndsWith(int refusal, String stream) {
        StreamOpening opening = scan(CHAT, stream);
        opening.end();
        assertThat(opening.isOver()).as(stream).isTrue();
        assertThat(opening.refusal()).as(stream).isEqualTo(refusal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "{\"error\":{",
                "data: {\"error\":{\"code\":429}",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"
            })
    void anyOtherEndSaysNothing(String stream) {
        StreamOpening opening = scan(CHAT, stream);
        opening.end();
        assertThat(opening.isOver()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void whereThePiecesAreCutDoesNotMatter(String end) {
        String stream = """
                \uFEFF: begin

                event: ping
                data: {"type":
                data:"ping"
                data:}

                data: {"type":"content_block_stop"}

                data: {"type":"error"}

                """.replace("\n", end);
        byte[] bytes = stream.getBytes(UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            StreamOpening opening = opening(MESSAGES);
            opening.scan(bytes, 0, cut);
            opening.scan(bytes, cut, bytes.length - cut);
            assertThat(opening.isOver()).as("cut at " + cut).isTrue();
            assertThat(opening.events()).isEqualTo(2);
            assertThat(opening.refusal()).isZero();
        }
    }

    @Test
    void anEventThatIsTooLargeEndsTheOpening() {
        String ping = "{\"type\":\"ping\"}";
        assertThat(scan(MESSAGES, "data: " + " ".repeat(100_000) + ping + "\n\n")
                        .isOver())
                .isFalse();
        assertThat(scan(MESSAGES, "data: " + " ".repeat(300_000)).isOver()).isTrue();
        assertThat(scan(MESSAGES, ("data: " + " ".repeat(1000) + "\n").repeat(300))
                        .isOver())
                .isTrue();
        assertThat(scan(MESSAGES, ("data: " + " ".repeat(1000) + ping + "\n\n").repeat(600))
                        .events())
                .isEqualTo(600);
    }

    @Test
    void emptyLinesOfDataAreBoundedToo() {
        assertThat(scan(MESSAGES, "data\n".repeat(300_000)).isOver()).isTrue();
    }

    @Test
    void aDocumentThatIsTooDeepEndsTheOpening() {
        assertOpens(RESPONSES, deep(60));
        assertEnds(RESPONSES, deep(64), 0);
        assertEnds(RESPONSES, deep(50_000), 0);
    }

    @Test
    void aNameThatIsTooLongEndsTheOpening() {
        String event = "{'type':'response.created','response':{'%s':1}}";
        assertOpens(RESPONSES, event.formatted("x".repeat(200)));
        assertEnds(RESPONSES, event.formatted("x".repeat(300)), 0);
    }

    @Test
    void nothingIsKnownOfOtherPaths() {
        assertThat(StreamOpening.of(ApiPath.of("/v1/audio/speech").endpoint())).isNull();
        assertThat(StreamOpening.of(ApiPath.of("/").endpoint())).isNull();
    }

    @Test
    void onlyTheGivenRangeIsRead() {
        StreamOpening opening = opening(MESSAGES);
        byte[] bytes = "x\ndata: {\"type\":\"ping\"}\n\nx\n".getBytes(UTF_8);
        opening.scan(bytes, 2, bytes.length - 4);

        assertThat(opening.isOver()).isFalse();
        assertThat(opening.events()).isOne();
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> opening.scan(bytes, 2, bytes.length));
    }

    private static void assertOpens(String path, String data) {
        StreamOpening opening = scan(path, "data: " + data.replace('\'', '"') + "\n\n");
        assertThat(opening.isOver()).isFalse();
        assertThat(opening.refusal()).isZero();
        assertThat(opening.events()).isOne();
    }

    private static void assertEnds(String path, String data, int refusal) {
        String event = "data: " + data.replace('\'', '"');
        assertThat(scan(path, event).isOver()).isFalse();
        StreamOpening opening = scan(path, event + "\n\n");
        assertThat(opening.isOver()).isTrue();
        assertThat(opening.refusal()).isEqualTo(refusal);
        assertThat(opening.events()).isOne();
    }

    private static String deep(int arrays) {
        return "{'type':'response.created','response':{'x':" + "[".repeat(arrays) + "]".repeat(arrays) + "}}";
    }

    private static StreamOpening scan(String path, String stream) {
        StreamOpening opening = opening(path);
        byte[] bytes = stream.getBytes(UTF_8);
        opening.scan(bytes, 0, bytes.length);
        return opening;
    }

    private static StreamOpening opening(String path) {
        return Objects.requireNonNull(StreamOpening.of(ApiPath.of(path).endpoint()));
    }
}
