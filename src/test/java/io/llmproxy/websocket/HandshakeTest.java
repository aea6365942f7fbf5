package io.llmproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HandshakeTest {
    @Test
    void theAnswerIsAsTheProtocolSays() {
        // RFC 6455, section 1.3
        assertThat(Handshake.accept("dGhlIHNhbXBsZSBub25jZQ==")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    @Test
    void aKeyIsSixteenBytes() {
        assertThat(Handshake.isKey(Handshake.newKey())).isTrue();
        assertThat(Handshake.newKey()).isNotEqualTo(Handshake.newKey());
        assertThat(Handshake.isKey("")).isFalse();
        assertThat(Handshake.isKey("dGhlIHNhbXBsZSBub25jZQ")).isTrue();
        assertThat(Handshake.isKey("dG9vIHNob3J0")).isFalse();
        assertThat(Handshake.isKey("not Base64, is it?")).isFalse();
    }
}
