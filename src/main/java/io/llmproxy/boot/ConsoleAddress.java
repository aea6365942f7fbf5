package io.llmproxy.boot;

import io.llmproxy.config.AdminConfig;

/** Where the launcher's console is, for who starts it. */
final class ConsoleAddress {
    private ConsoleAddress() {}

    /**
     * Says it in one line.
     *
     * @param port that is listened on
     */
    static String of(AdminConfig admin, int port) {
        String address = admin.address().toString();
        String host = address.contains(":") && !address.startsWith("[") ? '[' + address + ']' : address;
        String url = (admin.tls() == null ? "http" : "https") + "://" + host + ':' + port + "/admin/ui/";
        return admin.address().isLoopback()
                ? "the console is at " + url + ", for this machine only (http_server.admin.address opens it to others)"
                : "the console is at " + url;
    }
}
