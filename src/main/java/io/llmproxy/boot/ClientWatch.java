package io.llmproxy.boot;

import io.llmproxy.proxy.request.ClientPresence;

/** What a server that is made for the gateway puts into the attributes of a request, so that clients that leave are noticed. */
public interface ClientWatch extends ClientPresence {}
