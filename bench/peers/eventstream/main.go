// Sends events of a size to readers of an event stream, once as many as named read: the peer of row 8.
// usage: eventstream EVENTS BYTES READERS
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/donovanhide/eventsource"
)

type event struct{ data string }

func (event) Id() string    { return "" }
func (event) Event() string { return "status_update_event" }
func (e event) Data() string { return e.data }

func number(at int) int {
	n, err := strconv.Atoi(os.Args[at])
	if err != nil {
		panic(err)
	}
	return n
}

func main() {
	events, size, readers := number(1), number(2), number(3)
	server := eventsource.NewServer()
	server.BufferSize = events
	handler := server.Handler("events")
	var attached atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		attached.Add(1)
		handler(w, r)
	}))
	fmt.Println("listening on", listener.Addr())
	for attached.Load() < int64(readers) {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	data := strings.Repeat("x", size)
	for n := 0; n < events; n++ {
		server.Publish([]string{"events"}, event{data})
	}
	fmt.Println("sent")
	select {}
}
