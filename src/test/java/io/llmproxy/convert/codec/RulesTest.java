package io.llmproxy.convert.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all dialects share. */
final class RulesTest {
    private static final Node NOWHERE = Node.of(Json.Null.NULL);

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void anIdentifierThatFitsPassesAndAnotherOneBecomesAlwaysTheSame(Dialect target) {
        assertThat(CallIds.fit("call_1-A", target)).isEqualTo("call_1-A");
        String fitting = CallIds.fit("ä.".repeat(40), target);
        assertThat(fitting).matches("[A-Za-z0-9_-]{1,64}").isEqualTo(CallIds.fit("ä.".repeat(40), target));
        assertThat(CallIds.fit("ä.".repeat(41), target)).isNotEqualTo(fitting);
        assertThat(CallIds.fit("", target)).matches("_[0-9a-f]{8}");
        assertThat(CallIds.fit("x".repeat(41), target).length() <= 40).isEqualTo(target == Dialect.CHAT);
    }

    @Test
    void anEnvelopeHoldsWhatWasPutIntoIt() {
        for (Opaque.Kind kind : Opaque.Kind.values()) {
            Envelope envelope = new Envelope(new Opaque("vertex-anthropic", kind, "s+/=ä"), "words");
            assertThat(Envelope.open(envelope.seal())).isEqualTo(envelope);
            assertThat(Envelope.openAll(envelope.seal() + " " + envelope.seal()))
                    .hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "c2ln", "lpx1.", "lpx1.x", "lpx1.x.!", "lpx1.x.e30", "lpx1.x.NQ", "a lpx1.x.e30"})
    void whatIsNoEnvelopeIsNotOpened(String text) {
        assertThat(Envelope.open(text)).isNull();
        assertThat(Envelope.openAll(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"p\":\"f\",\"k\":\"novel\",\"v\":\"x\"}",
                "{\"p\":\"f\",\"k\":\"call\"}",
                "{\"k\":\"call\",\"v\":\"x\"}"
            })
    void anEnvelopeOfAnotherKindIsNotOpened(String inside) {
        String text = Base64.getUrlEncoder().encodeToString(inside.getBytes(StandardCharsets.UTF_8));
        assertThat(Envelope.open("lpx1.f." + text)).isNull();
    }

    @Test
    void aSignatureWithoutACallOrWordsIsNotLost() {
        Opaque forText = new Opaque("gemini", Opaque.Kind.TEXT, "t");
        Opaque forCall = new Opaque("gemini", Opaque.Kind.CALL, "c");
        List<Part> parts = Carriers.unload(List.of(carrier(forText), carrier(forCall), carrier(forText)));
        assertThat(parts)
                .containsExactly(
                        new Part.Text("", List.of(), null, forText), new Part.Text("", List.of(), null, forText));
        Part words = new Part.Text("x", List.of(), null, forText);
        assertThat(Carriers.unload(List.of(words, carrier(forText)))).hasSize(2);
        Part plain = new Part.Reasoning(Part.Reasoning.Kind.RAW, List.of("x"), null);
        assertThat(Carriers.unload(List.of(plain))).containsExactly(plain);
    }

    private static Part carrier(Opaque opaque) {
        return new Part.Reasoning(Part.Reasoning.Kind.SUMMARY, List.of(), opaque);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "data:image/PNG;base64,AA==~image/png",
                "DATA:image/jpg;base64,A A~image/jpeg",
                "data:text/plain;charset=utf-8;base64,AA==~text/plain",
            })
    void aDataUrlIsWhatItSays(String url, String mediaType) {
        assertThat(DataUrl.parse(url, NOWHERE)).isInstanceOfSatisfying(Source.Inline.class, inline -> {
            assertThat(inline.mediaType()).isEqualTo(mediaType);
            assertThat(inline.base64()).startsWith("AA").doesNotContain(" ");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"data:", "data:,x", "data:image/png,AA", "data:;,x", "data:a,b;base64,c"})
    void anotherDataUrlIsRefused(String url) {
        assertThatThrownBy(() -> DataUrl.parse(url, NOWHERE)).isInstanceOf(Node.Mismatch.class);
    }

    @ParameterizedTest
    @CsvSource({
        "a.PNG, image/png",
        "b.jpeg, image/jpeg",
        "c.md, text/plain",
        "d.webp, image/webp",
        "e, application/pdf",
    })
    void aFilesNameSaysWhatItIs(String name, String mediaType) {
        assertThat(DataUrl.mediaTypeOfFile(name)).isEqualTo(mediaType);
    }

    @Test
    void aHeaderHoldsPlainNamesOnlyAndNotTooMany() {
        Notes notes = new Notes(Policy.Lossy.WARN, Dialect.CHAT);
        notes.dropped("a\r\nSet-Cookie: x");
        notes.dropped("messages[12].content[3]x4.5");
        notes.lost("Z9-_", "reason");
        notes.weakened("[x]1[", "reason");
        notes.clamped("temperature");
        assertThat(notes.header(Dialect.GEMINI))
                .isEqualTo("gemini>chat; dropped=a??Set-Cookie??x,messages[].content[]x4.5,Z9-_; emulated=[x]1[;"
                        + " clamped=temperature");
        for (int time = 0; time < 100; time++) {
            notes.emulated("x".repeat(100) + time);
            notes.emulated("member" + time);
        }
        assertThat(notes.header(Dialect.GEMINI)).hasSize(512).endsWith("...");
        assertThat(notes.all()).hasSizeGreaterThan(100);
    }

    @Test
    void theStrictPolicyRefusesLossesThatChangeTheMeaning() {
        Notes notes = new Notes(Policy.DEFAULT.with(Policy.Lossy.STRICT).lossy(), Dialect.CHAT);
        notes.dropped("seed");
        assertThatThrownBy(() -> notes.lost("stop", "why")).isInstanceOf(ConversionException.class);
        assertThatThrownBy(() -> notes.weakened("format", "why")).hasMessageContaining("`format`");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "200~{'error':{'type':'overloaded_error','message':'x'}}~OVERLOADED",
                "200~{'error':{'type':'rate_limit_error'}}~RATE_LIMITED",
                "200~{'error':{'status':'DEADLINE_EXCEEDED'}}~TIMEOUT",
                "200~{'error':{'type':'request_too_large'}}~TOO_LARGE",
                "200~{'error':{'type':'not_found_error'}}~NOT_FOUND",
                "200~{'error':{'type':'authentication_error'}}~UPSTREAM_CREDENTIAL",
                "200~{'error':{'type':'invalid_request_error'}}~BAD_REQUEST",
                "200~{'error':{'code':'model_not_found'}}~NOT_FOUND",
                "200~{'error':{'code':429}}~RATE_LIMITED",
                "200~{'error':{'code':9999}}~SERVER",
                "200~{'error':'x'}~SERVER",
                "200~{'message':'x','code':'insufficient_quota'}~QUOTA_GONE",
                "200~[]~SERVER",
                "200~'x'~SERVER",
                "403~{}~UPSTREAM_CREDENTIAL",
                "408~{}~TIMEOUT",
                "500~{'error':{'message':'context length'}}~SERVER",
                "429~{'error':{'message':'maximum context'}}~RATE_LIMITED",
                "413~{}~TOO_LARGE",
                "529~{}~OVERLOADED",
                "418~{}~BAD_REQUEST",
                "400~{'error':{'details':[5,{'retryDelay':'x'}],'message':'reason API_KEY_INVALID'}}~UPSTREAM_CREDENTIAL",
            })
    void anErrorHasACause(int status, String body, Fault.Cause cause) {
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        Fault fault = Faults.decode(status, 0, bytes);
        assertThat(fault.cause()).isEqualTo(cause);
        assertThat(fault.status()).isBetween(400, 599);
    }

    @Test
    void anErrorIsCutAndTellsNoSecret() {
        Fault fault = Faults.decode(
                500,
                0,
                ("{\"error\":\"key sk-proj-abcdefghijklmnop and Bearer ABCDEFGHIJKLMNOP " + "x".repeat(5000) + "\"}")
                        .getBytes(StandardCharsets.UTF_8));
        assertThat(fault.message()).doesNotContain("abcdefgh", "ABCDEFGH").hasSizeLessThan(2049);
    }
}
