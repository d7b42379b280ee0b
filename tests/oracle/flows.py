#!/usr/bin/env python3
"""Writes tests/vectors/flows.json: what the service promises, scripted in time.

    python3 tests/oracle/flows.py            write it
    python3 tests/oracle/flows.py --check    fail if it is stale

The answers are written by hand from the rules; only the device codes are computed,
by RFC 6238 with Python's standard library.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys

START=1_800_000_000
S1=b"12345678901234567890"; S2=b"abcdefghijabcdefghij"; 
b32=lambda s: base64.b32encode(s).decode().rstrip("=")
def code(at, s=S1):
    h=hmac.new(s, struct.pack(">Q",(START+at)//30), hashlib.sha1).digest()
    o=h[-1]&15
    return "%06d" % ((struct.unpack(">I",h[o:o+4])[0]&0x7fffffff)%10**6)
def wrong(at):
    good={code(at+d,s) for d in range(-120,121,30) for s in (S1,S2)}
    return next(c for c in ("000000","111111","222222") if c not in good)
cases=[]
def case(id, comment, steps): cases.append({"id":id,"comment":comment,"steps":steps})
def user(at, name="ann", secret=S1, **kw): return {"at":at,"do":"create-user","user":name,"secret":b32(secret),**kw}
def totp(at, c, expect, name="ann", **kw): return {"at":at,"do":"verify-totp","user":name,"code":c,"expect":expect,**kw}
def policy(at, **chosen): return {"at":at,"do":"policy","policy":chosen}
acc={"outcome":"accepted"}; rep={"outcome":"replayed"}
def mis(n): return {"outcome":"mismatch","attempts_left":n}
def five(at): return [totp(at,wrong(at),mis(n)) for n in (4,3,2,1,0)]

for phase in (0,15,29):
    steps=[]
    for d in range(-61,62):
        ok = abs((START+phase+d)//30-(START+phase)//30)<=1
        steps+= [user(phase,f"u{d}"), totp(phase, code(phase+d), acc if ok else mis(4), f"u{d}")]
    case(f"totp-window-{phase}", f"Of the codes of every second from 61 before to 61 after, those of one step to each side are accepted; the time is {phase} s into a step.", steps)

case("totp-five-wrong-block","The fifth wrong code blocks for 30 seconds; the right code is refused meanwhile, does not end the block, and is accepted after it.",
 [user(0)]+five(0)+[
  totp(0,code(0),{"outcome":"blocked","until":30}), totp(29,code(29),{"outcome":"blocked","until":30}),
  {"at":29,"do":"view-user","user":"ann","expect":{"status":"blocked","failures":5}},
  totp(30,code(30),acc), {"at":30,"do":"view-user","user":"ann","expect":{"status":"active","failures":0}}])
case("totp-success-clears","An accepted code clears the wrong ones before it: four more are allowed.",
 [user(0)]+[totp(0,wrong(0),mis(n)) for n in (4,3,2,1)]+[totp(0,code(0),acc)]+[totp(1,wrong(0),mis(n)) for n in (4,3,2,1,0)])
t=0; steps=[user(0)]; tier=30
for block in range(20):
    last = block==19
    left=[4,3,2,1,0]
    steps+=[totp(t,wrong(t),mis(n)) for n in left]
    if last:
        steps+=[totp(t,code(t),{"outcome":"disabled"}), totp(t+40*86400,code(t+40*86400),{"outcome":"disabled"})]
        steps+=[{"at":t+40*86400,"do":"view-user","user":"ann","expect":{"status":"disabled","failures":100}}]
        late=t+40*86400
    else:
        steps+=[totp(t+tier-1,code(t+tier-1),{"outcome":"blocked","until":t+tier})]
        t+=tier; tier=min(tier*2,3600)
steps+=[{"at":late,"do":"open-enrolment","user":"ann","secret":b32(S2),"ticket":"new","expect":{}},
        {"at":late,"do":"confirm-enrolment","ticket":"new","code":code(late,S2),"expect":acc},
        totp(late+30,code(late+30,S2),acc)]
case("totp-hundred-wrong-disable","Blocks double from 30 seconds to an hour; 100 wrong codes in a row disable for good, whatever the time, until enrolled anew.",steps)
case("totp-used-code","A used code is replayed, not wrong: however often and late it comes again it counts for nothing. So is an older one in the window.",
 [user(0),totp(0,code(0),acc)]+[totp(a,code(0),rep) for a in (0,1,29,59,60,300,86_400) for _ in range(3)]+
 [{"at":86_400,"do":"view-user","user":"ann","expect":{"status":"active","failures":0}}, totp(86_400,code(86_400),acc)])
case("totp-a-b-a","After A and then B neither A nor B nor any step before B is accepted again.",
 [user(0),totp(0,code(-30),acc),totp(0,code(0),acc),totp(1,code(-30),rep),totp(1,code(0),rep),totp(1,code(30),acc),totp(2,code(0),rep),totp(2,code(30),rep),totp(2,code(-30),rep)])
case("totp-burns-earlier-steps","Accepting the code of a step burns those before it, though they were never used.",
 [user(0),totp(0,code(30),acc),totp(0,code(0),rep),totp(0,code(-30),rep),totp(60,code(60),acc)])
bad=[" "+code(0),code(0)+" ",code(0)+"\n",code(0)[:5],code(0)+"0","","+12345","-12345","12345\u0000","\uff11\uff12\uff13\uff14\uff15\uff16","1\u200b2345","12 456","0x1234","1e5000"]
case("totp-malformed-is-no-guess","What cannot be a code is refused as malformed and counts for nothing, also after the code was used.",
 [user(0)]+[totp(0,b,{"outcome":"malformed"}) for b in bad]+[totp(0,code(0),acc)]+[totp(0,b,{"outcome":"malformed"}) for b in bad]+
 [{"at":0,"do":"view-user","user":"ann","expect":{"status":"active","failures":0}}])
case("enrolment-confirm-burns","The code that confirms an enrolment is used up for verifying too; the ticket works once.",
 [user(0,enrolled=False,ticket="t"),totp(0,code(0),{"outcome":"not-enrolled"}),
  {"at":0,"do":"view-enrolment","ticket":"t","expect":{"secret":b32(S1),"expires_at":86_400}},
  {"at":0,"do":"view-enrolment","ticket":"t","expect":{"secret":b32(S1),"expires_at":86_400}},
  {"at":1,"do":"confirm-enrolment","ticket":"t","code":wrong(0),"expect":mis(4)},
  {"at":1,"do":"confirm-enrolment","ticket":"t","code":code(0),"expect":acc},
  totp(2,code(0),rep), {"at":2,"do":"confirm-enrolment","ticket":"t","code":code(30),"expect":{"error":"enrolment-not-found"}},
  {"at":2,"do":"view-enrolment","ticket":"t","expect":{"error":"enrolment-not-found"}},
  totp(30,code(30),acc)])
case("enrolment-blocks","Confirming is guarded like verifying: five wrong codes block, the right one included.",
 [user(0,enrolled=False,ticket="t")]+[{"at":0,"do":"confirm-enrolment","ticket":"t","code":wrong(0),"expect":mis(n)} for n in (4,3,2,1,0)]+
 [{"at":29,"do":"confirm-enrolment","ticket":"t","code":code(29),"expect":{"outcome":"blocked","until":30}},{"at":30,"do":"confirm-enrolment","ticket":"t","code":code(30),"expect":acc}])
case("enrolment-expires","A ticket is void from the second in which it expires.",
 [user(0,enrolled=False,ticket="t"),{"at":86_399,"do":"view-enrolment","ticket":"t","expect":{"secret":b32(S1)}},
  {"at":86_400,"do":"view-enrolment","ticket":"t","expect":{"error":"enrolment-not-found"}},
  {"at":86_400,"do":"confirm-enrolment","ticket":"t","code":code(86_400),"expect":{"error":"enrolment-not-found"}}])
case("enrolment-anew","The old secret works until the new one is confirmed, and never after; an enrolment opened later voids the one before.",
 [user(0),{"at":0,"do":"open-enrolment","user":"ann","secret":b32(S2),"ticket":"a","expect":{}},totp(0,code(0),acc),
  {"at":1,"do":"open-enrolment","user":"ann","secret":b32(S2),"ticket":"b","expect":{}},
  {"at":1,"do":"confirm-enrolment","ticket":"a","code":code(1,S2),"expect":{"error":"enrolment-not-found"}},
  totp(30,code(30),acc),{"at":30,"do":"confirm-enrolment","ticket":"b","code":code(30,S2),"expect":acc},
  totp(60,code(60),mis(4)),totp(60,code(60,S2),acc)])
case("enrolment-anew-with-the-same-secret","A secret that is enrolled again spends none of its codes twice.",
 [user(0),totp(0,code(0),acc),{"at":1,"do":"open-enrolment","user":"ann","secret":b32(S1),"ticket":"a","expect":{}},
  {"at":1,"do":"confirm-enrolment","ticket":"a","code":code(0),"expect":rep},totp(1,code(30),acc),
  {"at":2,"do":"confirm-enrolment","ticket":"a","code":code(30),"expect":rep},{"at":60,"do":"confirm-enrolment","ticket":"a","code":code(60),"expect":acc},totp(60,code(60),rep)])
case("enrolment-revoke","Revoking ends the old secret at once.",
 [user(0),{"at":0,"do":"open-enrolment","user":"ann","secret":b32(S2),"revoke":True,"ticket":"a","expect":{}},totp(0,code(0),{"outcome":"not-enrolled"}),
  {"at":0,"do":"confirm-enrolment","ticket":"a","code":code(0,S2),"expect":acc},totp(30,code(30),mis(4)),totp(30,code(30,S2),acc)])
case("user-exists","A user that exists is not created again: the secret stays.",
 [user(0),user(0,secret=S2,expect={"error":"user-exists"}),user(0,secret=S2,enrolled=False,ticket="t",expect={"error":"user-exists"}),totp(0,code(0),acc)])
case("restore-floor","After a restore nothing that could have been accepted before it is: not the used code, nor those of the steps up to the window's end; challenges from before are over.",
 [user(0),{"at":0,"do":"send","to":"+447700900121","otp":"o","expect":{}},{"at":0,"do":"backup"},totp(1,code(1),acc),
  {"at":1,"do":"verify","otp":"o","code":"sent","expect":acc},{"at":2,"do":"restore"},
  totp(2,code(1),rep),totp(2,code(30),rep),totp(29,code(30),rep),totp(31,code(30),rep),totp(31,code(60),acc),
  {"at":3,"do":"verify","otp":"o","code":"sent","expect":{"outcome":"expired"}},
  {"at":40,"do":"resend","otp":"o","expect":{"error":"challenge-over"}}])
case("other-accounts","What belongs to another account is not there.",
 [user(0,enrolled=False,ticket="t"),user(0,"bob"),{"at":0,"do":"send","to":"+447700900121","otp":"o","expect":{}},
  totp(0,code(0),{"error":"domain-not-found"},"bob",account="other"),
  {"at":0,"do":"view-user","user":"bob","account":"other","expect":{"error":"domain-not-found"}},
  {"at":0,"do":"delete-user","user":"bob","account":"other","expect":{"error":"domain-not-found"}},
  {"at":0,"do":"open-enrolment","user":"bob","secret":b32(S2),"ticket":"x","account":"other","expect":{"error":"domain-not-found"}},
  user(0,"eve",account="other",expect={"error":"domain-not-found"}),
  {"at":0,"do":"verify","otp":"o","code":"sent","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"resend","otp":"o","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"cancel","otp":"o","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"view-challenge","otp":"o","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"send","to":"+447700900121","otp":"p","account":"other","expect":{"error":"domain-not-found"}},
  totp(40,code(40),acc,"bob"),{"at":40,"do":"verify","otp":"o","code":"sent","expect":acc}])
case("unknown-user","An unknown user is not found; a deleted one is unknown, and one made anew knows nothing of the old secret.",
 [totp(0,code(0),{"error":"user-not-found"},"nobody"),user(0),{"at":0,"do":"delete-user","user":"ann","expect":{}},totp(0,code(0),{"error":"user-not-found"}),
  {"at":0,"do":"delete-user","user":"ann","expect":{"error":"user-not-found"}},user(0,secret=S2),totp(0,code(0),mis(4)),totp(0,code(0,S2),acc)])

def send(at,otp,expect=None,to="+447700900121",**kw): return {"at":at,"do":"send","to":to,"otp":otp,"expect":expect or {},**kw}
def ver(at,otp,c,expect,**kw): return {"at":at,"do":"verify","otp":otp,"code":c,"expect":expect,**kw}
case("sent-once","A sent code is accepted once; sent again it is replayed and counts for nothing.",
 [send(0,"o",{"channel":"sms","expires_at":300,"resend_at":30,"attempts_left":5}),ver(1,"o","wrong",mis(4)),ver(1,"o","sent",acc)]+[ver(a,"o","sent",rep) for a in (1,2,299,300,3600)]+
 [{"at":3600,"do":"view-challenge","otp":"o","expect":{"status":"verified"}}])
case("sent-malformed-is-no-guess","What this challenge cannot have sent is refused as malformed and counts for nothing, also after the code was used.",
 [send(0,"o")]+[ver(1,"o","short",{"outcome":"malformed"})]*6+[ver(1,"o","wrong",mis(4)),ver(1,"o","short",{"outcome":"malformed"}),{"at":1,"do":"view-challenge","otp":"o","expect":{"status":"pending","attempts_left":4}},
  ver(1,"o","sent",acc),ver(1,"o","short",{"outcome":"malformed"}),{"at":1,"do":"view-challenge","otp":"o","expect":{"status":"verified"}}])
case("sent-expiry","A code is good up to the second before it expires.",
 [send(0,"o"),{"at":299,"do":"view-challenge","otp":"o","expect":{"status":"pending","attempts_left":5}},send(40,"p",{"expires_at":340}),ver(299,"o","sent",acc),
  ver(340,"p","sent",{"outcome":"expired"}),ver(341,"p","wrong",{"outcome":"expired"}),{"at":341,"do":"view-challenge","otp":"p","expect":{"status":"expired","attempts_left":0}},
  send(400,"q",{"expires_at":430},expiry=30),ver(430,"q","sent",{"outcome":"expired"}),send(500,"r",{"expires_at":1100},expiry=600),ver(1099,"r","sent",acc),
  send(2000,"s",{"error":"invalid-expiry"},expiry=29),send(2000,"s",{"error":"invalid-expiry"},expiry=601)])
case("sent-five-wrong","The fifth wrong code ends the challenge and blocks the recipient for 30 seconds: nothing is sent meanwhile, and another challenge's right code is refused.",
 [send(0,"o"),send(30,"p")]+[ver(30,"o","wrong",mis(n)) for n in (4,3,2,1,0)]+[ver(30,"o","sent",{"outcome":"exhausted"}),ver(59,"p","sent",{"outcome":"blocked","until":60}),
  send(59,"q",{"error":"recipient-blocked","until":60}),{"at":59,"do":"resend","otp":"p","expect":{"error":"recipient-blocked","until":60}},
  {"at":59,"do":"view-challenge","otp":"o","expect":{"status":"exhausted","attempts_left":0}},{"at":59,"do":"view-challenge","otp":"p","expect":{"status":"pending","attempts_left":0}},
  ver(60,"p","sent",acc),ver(61,"o","sent",{"outcome":"exhausted"})])
case("sent-new-challenge-no-new-attempts","A new challenge brings no new attempts: wrong codes belong to the recipient.",
 [send(0,"a"),send(30,"b",{"attempts_left":5}),ver(30,"a","wrong",mis(4)),ver(30,"b","wrong",mis(3)),ver(30,"a","wrong",mis(2)),send(60,"c",{"attempts_left":2}),ver(60,"c","wrong",mis(1)),ver(60,"b","wrong",mis(0)),
  ver(60,"c","sent",{"outcome":"blocked","until":90}),ver(90,"c","sent",acc)])
t=1200; steps=[]; 
case("resend","A resend makes a new code, voids the old one, and keeps the lifetime and the wrong codes.",
 [send(0,"o",{"expires_at":300,"resend_at":30}),*[ver(1,"o","wrong",mis(n)) for n in (4,3,2)],
  {"at":29,"do":"resend","otp":"o","expect":{"error":"send-limit","limit":"recipient","retry_at":30}},
  {"at":30,"do":"resend","otp":"o","expect":{"expires_at":300,"resend_at":60,"attempts_left":2,"channel":"sms"}},
  ver(31,"o","previous",mis(1)),ver(31,"o","sent",acc),{"at":70,"do":"resend","otp":"o","expect":{"error":"challenge-over"}}])
case("resend-four-then-one","Four wrong codes, a resend and one more: blocked.",
 [send(0,"o"),*[ver(1,"o","wrong",mis(n)) for n in (4,3,2,1)],{"at":30,"do":"resend","otp":"o","expect":{"attempts_left":1}},ver(30,"o","wrong",mis(0)),
  {"at":30,"do":"resend","otp":"o","expect":{"error":"challenge-over"}},ver(30,"o","sent",{"outcome":"exhausted"}),send(31,"p",{"error":"recipient-blocked","until":60})])
case("resend-does-not-extend","A code sent again dies with its challenge.",
 [send(0,"o"),{"at":299,"do":"resend","otp":"o","expect":{"expires_at":300}},ver(300,"o","sent",{"outcome":"expired"}),{"at":330,"do":"resend","otp":"o","expect":{"error":"challenge-over"}}])
case("resend-that-cannot-travel","A resend by a channel without a provider leaves the code before it as it was, and takes no place among the sends.",
 [send(0,"o"),{"at":1,"do":"configure","channels":["sms","email"]},{"at":30,"do":"resend","otp":"o","channel":"voice","expect":{"error":"channel-not-configured"}},
  {"at":31,"do":"view-challenge","otp":"o","expect":{"status":"pending","channel":"sms"}},{"at":31,"do":"resend","otp":"o","expect":{"channel":"sms"}},ver(31,"o","sent",acc),
  send(62,"p"),{"at":100,"do":"resend","otp":"p","channel":"voice","expect":{"error":"channel-not-configured"}},ver(101,"p","sent",acc),
  {"at":102,"do":"resend","otp":"p","channel":"email","expect":{"error":"invalid-channel"}}])
case("cancel","A cancelled challenge accepts nothing and counts nothing; a used one is not undone.",
 [send(0,"o"),{"at":1,"do":"cancel","otp":"o","expect":{}},{"at":1,"do":"cancel","otp":"o","expect":{}},ver(1,"o","sent",{"outcome":"cancelled"}),ver(1,"o","wrong",{"outcome":"cancelled"}),
  {"at":1,"do":"view-challenge","otp":"o","expect":{"status":"cancelled","attempts_left":0}},send(30,"p",{"attempts_left":5}),ver(31,"p","sent",acc),{"at":31,"do":"cancel","otp":"p","expect":{"error":"challenge-over"}},ver(31,"p","sent",rep)])
ctx={"amount":"EUR 25.00","payee":"Noir"}
for k,other in (("amount",{"amount":"EUR 25.01","payee":"Noir"}),("payee",{"amount":"EUR 25.00","payee":"Noir."}),("more",{**ctx,"ref":"1"}),("less",{"amount":"EUR 25.00"})):
    case(f"context-{k}","A code for another transaction is refused, counted, and void also for its own.",
     [send(0,"o",context=ctx),ver(1,"o","sent",{"error":"context-required"}),ver(1,"o","sent",{"outcome":"context-mismatch"},context=other),ver(2,"o","sent",{"outcome":"exhausted"},context=ctx),
      send(30,"p",{"attempts_left":4},context=ctx),ver(31,"p","sent",acc,context=ctx)])
case("context-unasked","A code that was sent for no transaction approves none.",[send(0,"o"),ver(1,"o","sent",{"outcome":"context-mismatch"},context=ctx),ver(2,"o","sent",{"outcome":"exhausted"})])
case("send-limits","One message in 30 seconds, five in ten minutes, ten in a day, to the second; a refused one takes no place.",
 [send(0,"a",{"resend_at":30}),send(29,"x",{"error":"send-limit","limit":"recipient","retry_at":30})]+[send(30*i,f"b{i}") for i in (1,2,3)]+[send(120,"c",{"resend_at":600}),send(150,"x",{"error":"send-limit","retry_at":600}),send(599,"x",{"error":"send-limit","retry_at":600}),
  send(600,"d",{"resend_at":630}),*[send(600+30*i,f"e{i}") for i in (1,2,3)],send(720,"f",{"resend_at":86_400}),send(5000,"x",{"error":"send-limit","retry_at":86_400}),send(86_399,"x",{"error":"send-limit","retry_at":86_400}),send(86_400,"g",{"resend_at":86_430})])
case("send-limit-one-mailbox","The spellings of one mailbox share one limit; another mailbox has its own.",
 [send(0,"a",to="Ann.Lee@Example.COM",channels=["email"]),send(1,"b",{"error":"send-limit","retry_at":30},to="ann.lee@example.com",channels=["email"]),send(1,"b",{"error":"send-limit","retry_at":30},to="ANN.LEE@EXAMPLE.com",channels=["email"]),
  send(1,"c",to="bob.lee@example.com",channels=["email"]),ver(2,"a","sent",acc)])
n=[f"+4477009001{i:02d}" for i in range(20)]
case("account-limit","An account's daily limit counts messages, not refusals: a storm of refused requests uses none of it up. It ends with the day (UTC).",
 [policy(0,sends={"per_account_and_day":3})]+[send(0,"a",to=n[0])]+[send(1,"x",{"error":"send-limit","limit":"recipient","retry_at":30},to=n[0])]*6+
 [{"at":1,"do":"resend","otp":"a","expect":{"error":"send-limit","limit":"recipient","retry_at":30}}]*6+
 [send(1,"b",to=n[1]),send(1,"c",to=n[2]),send(2,"d",{"error":"send-limit","limit":"account","retry_at":57_600},to=n[3]),
  {"at":40,"do":"resend","otp":"a","expect":{"error":"send-limit","limit":"account","retry_at":57_600}},ver(41,"a","sent",acc),
  send(57_599,"d",{"error":"send-limit","limit":"account","retry_at":57_600},to=n[3]),send(57_600,"d",to=n[3])])
case("fallback","A channel without a provider is passed over; with none left nothing is sent, no place is taken, and the challenge is not there.",
 [{"at":0,"do":"configure","channels":["voice"]},send(0,"a",{"channel":"voice"},channels=["sms","voice"]),{"at":0,"do":"view-challenge","otp":"a","expect":{"channel":"voice","status":"pending"}},ver(1,"a","sent",acc),
  send(30,"b",{"error":"channel-not-configured"},channels=["sms"]),send(30,"b",{"error":"channel-not-configured"},channels=["sms"]),send(30,"c",{"channel":"voice"},channels=["sms","voice"])])
case("language","A message is in the nearest language that has texts: subtags are taken off a tag's end, and with none left it is English. A resend keeps it; what is no tag sends nothing.",
 [send(0,"x",{"error":"invalid-language"},language="de_AT"),send(0,"a",{"language":"de"},language="de-AT"),{"at":30,"do":"resend","otp":"a","channel":"voice","expect":{"language":"de","channel":"voice"}},ver(31,"a","sent",acc),
  send(60,"b",{"language":"pt-BR"},language="PT-br"),send(90,"c",{"language":"zh-Hant"},language="zh-TW"),send(120,"d",{"language":"en"},language="fi"),send(600,"e",{"language":"en"})])
case("sim-swap","A SIM of which nothing is known, or that changed, is refused where asked to be; a question that cannot be asked changes nothing.",
 [{"at":0,"do":"sim","sim":"unknown"},send(0,"a",{"error":"sim-swap-unknown"},sim_swap={"max_age_hours":240,"on_swapped":"flag","on_unknown":"next-channel"}),
  send(30,"a",{"error":"sim-swap-unknown"},sim_swap={"max_age_hours":240,"on_swapped":"flag","on_unknown":"refuse"}),
  send(60,"a",{"sim_swap":"unknown"},sim_swap={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"flag"}),
  send(90,"b",{"error":"invalid-max-age"},sim_swap={"max_age_hours":2401,"on_swapped":"refuse","on_unknown":"flag"}),
  send(90,"b",{"error":"invalid-channel"},to="ann@example.com",channels=["email"],sim_swap={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"flag"}),
  send(90,"b",to="ann@example.com",channels=["email"]),send(90,"c",{"resend_at":120}),
  {"at":120,"do":"sim","sim":"swapped"},send(120,"d",{"error":"sim-swapped"},sim_swap={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"flag"}),
  send(600,"d",{"error":"sim-swapped"},channels=["voice","sms"],sim_swap={"max_age_hours":240,"on_swapped":"next-channel","on_unknown":"flag"})])
nos={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"refuse"}
case("sim-swap-remembered","What an operator knew is used again for ten minutes, to the second, for as many hours and what follows from them; what it did not know is not kept.",
 [{"at":0,"do":"sim","sim":"unknown"},send(0,"a",{"error":"sim-swap-unknown"},sim_swap=nos),{"at":30,"do":"sim","sim":"not-swapped"},send(30,"a",{"sim_swap":"not-swapped"},sim_swap=nos),
  {"at":31,"do":"sim","sim":"swapped"},send(60,"b",{"sim_swap":"not-swapped"},sim_swap={**nos,"max_age_hours":24}),send(60,"x",{"error":"sim-swapped"},to="+447700900122",sim_swap=nos),
  send(629,"c",{"sim_swap":"not-swapped"},sim_swap=nos),send(1229,"d",{"error":"sim-swapped"},sim_swap=nos),{"at":1230,"do":"sim","sim":"not-swapped"},
  send(1828,"e",{"error":"sim-swapped"},sim_swap={**nos,"max_age_hours":2400}),send(2428,"f",{"sim_swap":"not-swapped"},sim_swap=nos)])
case("erase","Erasing a user or a recipient leaves nothing to verify against.",
 [user(0,enrolled=False,ticket="t"),{"at":0,"do":"delete-user","user":"ann","expect":{}},{"at":0,"do":"view-enrolment","ticket":"t","expect":{"error":"enrolment-not-found"}},totp(0,code(0),{"error":"user-not-found"}),
  send(0,"o"),{"at":1,"do":"erase-recipient","to":"+447700900121","expect":{}},ver(1,"o","sent",{"error":"challenge-not-found"}),{"at":1,"do":"empty","expect":{}}])
case("clock-ahead","What a clock that ran ahead by years wrote locks nobody out once it is set back, and no code outlives its lifetime.",
 [{"at":3_000_000_000,"do":"create-user","user":"ann","secret":b32(S1)}]+[totp(3_000_000_000,wrong(3_000_000_000),mis(n)) for n in (4,3,2,1,0)]+[totp(3_000_000_000,code(3_000_000_000),{"outcome":"blocked","until":3_000_000_030}),
  send(3_000_000_000,"o"),totp(0,code(0),acc),ver(0,"o","sent",{"outcome":"expired"}),send(0,"p",{"expires_at":300}),ver(1,"p","sent",acc)])
case("clock-ahead-login","A code accepted while the clock ran ahead burns what can be accepted once it is set back, and itself for good, and nothing else: nobody is locked out until the calendar gets there.",
 [user(0),totp(2_592_000,code(2_592_000),acc),totp(0,code(0),rep),totp(30,code(30),rep),totp(60,code(60),acc),totp(60,code(60),rep),totp(2_592_000,code(2_592_000),rep),totp(2_592_030,code(2_592_030),acc)])
case("clock-corrected","A clock set back by a few seconds ends no block and forgets no message.",
 [user(100)]+five(100)+[totp(95,code(95),{"outcome":"blocked","until":130}),send(100,"o"),send(95,"p",{"error":"send-limit","retry_at":130})])
def at(when, do, expect=None, **given): return {"at":when,"do":do,**given,"expect":expect or {}}
def view(when, otp, **expect): return at(when,"view-challenge",expect,otp=otp)
def report(when, otp, state, news, channel="sms", **kw): return at(when,"delivery-report",{"news":news},otp=otp,channel=channel,state=state,**kw)
def wanted(when, otp, word, **kw): return at(when,"wanted",{"wanted":word},otp=otp,**kw)
def fall_back(when, otp, channel, expect, **kw): return at(when,"fall-back",expect,otp=otp,channel=channel,**kw)
def check(when, expect, to="+447700900121", **kw): return at(when,"check-sim-swap",expect,to=to,**kw)
def domain(name="Example Bank", sim_swap=None, fallback_after=None): return {"name":name,"created_at":0,"sim_swap":sim_swap,"fallback_after":fallback_after}
def change(when, expect, **changes): return at(when,"change-domain",expect,change=changes)
strict={"max_age_hours":24,"on_swapped":"refuse","on_unknown":"next-channel"}
case("domain","A domain shows what it was made with and what was changed of it since; null takes away, what is not named stays, and a refused change changes nothing.",
 [at(1,"view-domain",domain()),change(2,domain("Other Bank",None,60),name="Other Bank",fallback_after=60),at(3,"view-domain",domain("Other Bank",None,60)),
  change(4,domain("Other Bank",strict,60),sim_swap=strict),change(5,domain("Other Bank",strict,60)),
  change(6,{"error":"invalid-name"},name="a:b",fallback_after=90),change(6,{"error":"invalid-name"},name=""),change(6,{"error":"invalid-fallback-after"},name="New",fallback_after=9),
  change(6,{"error":"invalid-fallback-after"},fallback_after=301),change(6,{"error":"invalid-max-age"},sim_swap={**strict,"max_age_hours":2401}),
  at(7,"view-domain",domain("Other Bank",strict,60)),at(7,"view-domain",{"error":"domain-not-found"},account="other"),at(7,"change-domain",{"error":"domain-not-found"},change={"name":"Theirs"},account="other"),
  change(8,domain("Other Bank",None,60),sim_swap=None),change(9,domain(None,None,None),name=None,fallback_after=None),at(10,"view-domain",domain(None))])
case("domain-settings-hold","What a domain says of SIMs holds for requests that say nothing, from the moment it is changed until it is taken away; its name is what apps show that enrol from then on.",
 [{"at":0,"do":"sim","sim":"swapped"},send(0,"a"),change(1,domain(sim_swap=nos),sim_swap=nos),send(30,"b",{"error":"sim-swapped"}),send(60,"b",{"sim_swap":"swapped"},sim_swap={**nos,"on_swapped":"flag"}),
  change(61,domain(),sim_swap=None),send(90,"c",{"sim_swap":None}),
  user(90,enrolled=False,ticket="t"),at(90,"view-enrolment",{"issuer":"Example Bank"},ticket="t"),change(91,domain("Other Bank"),name="Other Bank"),
  at(91,"open-enrolment",user="ann",secret=b32(S2),ticket="u"),at(91,"view-enrolment",{"issuer":"Other Bank"},ticket="u")])
case("domain-with-settings","A domain is made with its settings; one out of range makes none.",
 [at(0,"create-domain",{"error":"invalid-fallback-after"},name="New",fallback_after=301),at(0,"view-domain",domain()),
  at(0,"create-domain",{},name="New",fallback_after=300,sim_swap=strict),at(0,"view-domain",domain("New",strict,300)),at(0,"create-domain",{}),at(0,"view-domain",domain(None))])
case("erase-user","Erasing a user leaves nothing: no secret, no open enrolment, no wrong codes. Erasing what is erased changes nothing, and says nothing of whether it was there.",
 [user(0),*[totp(0,wrong(0),mis(n)) for n in (4,3)],at(1,"open-enrolment",user="ann",secret=b32(S2),ticket="t"),at(1,"erase-user",{"error":"domain-not-found"},user="ann",account="other"),
  at(1,"view-user",{"status":"active","failures":2},user="ann"),at(2,"erase-user",user="ann"),{"at":2,"do":"empty","expect":{}},totp(2,code(2),{"error":"user-not-found"}),
  at(2,"view-user",{"error":"user-not-found"},user="ann"),at(2,"view-enrolment",{"error":"enrolment-not-found"},ticket="t"),
  at(2,"confirm-enrolment",{"error":"enrolment-not-found"},ticket="t",code=code(2,S2)),at(3,"erase-user",user="ann"),at(3,"erase-user",user="nobody"),
  user(4,secret=S2),at(4,"view-user",{"status":"active","failures":0},user="ann"),totp(4,code(4),mis(4)),totp(4,code(4,S2),acc)])
case("delivery-report","A report moves a message's state forwards and is news once; what comes twice, late or out of order is none. It decides nothing about codes.",
 [send(0,"o"),view(0,"o",delivery="queued",channel="sms"),report(1,"o","sent",True),view(1,"o",delivery="sent"),report(2,"o","sent",False),report(2,"o","queued",False),
  report(3,"o","failed",True),view(3,"o",delivery="failed",status="pending"),report(3,"o","sent",False),report(4,"o","delivered",True),view(4,"o",delivery="delivered"),
  *[report(5,"o",state,False) for state in ("queued","sent","delivered","failed","expired")],report(5,"o","delivered",False,"voice"),view(5,"o",delivery="delivered",attempts_left=5),
  at(5,"delivery-report",{"error":"challenge-not-found"},otp="o",channel="sms",state="failed",account="other"),ver(6,"o","sent",acc),view(6,"o",delivery="delivered",status="verified")])
case("delivery-report-after-resend","A report of a message that a resend replaced is no news and leaves the state of the new one.",
 [send(0,"o"),report(1,"o","sent",True),at(30,"resend",otp="o"),view(30,"o",delivery="queued"),report(31,"o","delivered",False,message="previous"),view(31,"o",delivery="queued"),
  report(32,"o","sent",True),view(32,"o",delivery="sent"),ver(33,"o","sent",acc)])
case("wanted","A message is wanted while its code can be accepted: not once it was used, cancelled, erased or is over, and a resend replaces it.",
 [send(0,"o"),wanted(0,"o","yes"),wanted(0,"o","no",account="other"),ver(1,"o","wrong",mis(4)),wanted(1,"o","yes"),ver(1,"o","sent",acc),wanted(1,"o","no"),
  send(30,"p"),wanted(30,"p","yes"),at(60,"resend",otp="p"),wanted(60,"p","replaced",message="previous"),wanted(60,"p","yes"),at(61,"cancel",otp="p"),wanted(61,"p","no"),wanted(61,"p","no",message="previous"),
  send(90,"q"),wanted(389,"q","yes"),wanted(390,"q","no"),send(400,"r"),at(401,"erase-recipient",to="+447700900121"),wanted(401,"r","no"),
  send(402,"s"),*[ver(402,"s","wrong",mis(n)) for n in (4,3,2,1)],wanted(402,"s","yes"),ver(402,"s","wrong",mis(0)),wanted(402,"s","no")])
ways=["sms","voice","email"]
case("fall-back","A message that did not get through goes by the next channel with its code; asked again it is the same way, where it has been it does not go twice, and it ends when it arrives.",
 [send(0,"o",{"channel":"sms"},channels=["sms","voice"]),report(1,"o","failed",True),fall_back(2,"o","voice",{"way":"open"}),fall_back(2,"o","voice",{"way":"open"}),view(2,"o",channel="voice",delivery="queued",status="pending"),
  report(3,"o","sent",True,"voice"),view(3,"o",channel="voice",delivery="sent"),fall_back(4,"o","voice",{"way":"taken"}),fall_back(4,"o","sms",{"way":"taken"}),
  fall_back(4,"o","email",{"error":"invalid-channel"}),fall_back(4,"o","voice",{"error":"challenge-not-found"},account="other"),wanted(4,"o","yes"),
  report(5,"o","delivered",True,"voice"),fall_back(5,"o","voice",{"way":"arrived"}),fall_back(5,"o","sms",{"way":"arrived"}),ver(6,"o","sent",acc)])
case("fall-back-after-resend","A message that a resend replaced goes no other way; the new one does.",
 [send(0,"o",channels=["sms","voice"]),at(30,"resend",otp="o"),fall_back(31,"o","voice",{"way":"replaced"},message="previous"),view(31,"o",channel="sms",delivery="queued"),fall_back(32,"o","voice",{"way":"open"}),ver(33,"o","sent",acc)])
case("fall-back-limits","Another way takes its place among the messages of the account: with none left it is closed, for that reason, and open when there is room again.",
 [policy(0,sends={"per_account_and_day":1}),send(57_500,"o",channels=["sms","voice"],expiry=600),report(57_501,"o","failed",True),fall_back(57_599,"o","voice",{"way":"closed","reason":"send-limit"}),
  view(57_599,"o",channel="sms",delivery="failed"),fall_back(57_600,"o","voice",{"way":"open"}),view(57_600,"o",channel="voice"),fall_back(57_601,"o","voice",{"way":"open"}),ver(57_601,"o","sent",acc)])
def sim(answer, source, asked): return {"answer":answer,"source":source,"checked_at":asked}
case("check-sim-swap","What the operator says is told with when it was asked; what it knew is told again for ten minutes; other numbers it is not asked about.",
 [check(0,sim("not-swapped","operator",0)),{"at":1,"do":"sim","sim":"swapped"},check(599,sim("not-swapped","cache",0)),check(599,sim("swapped","operator",599),to="+447700900122"),
  check(600,sim("swapped","operator",600)),{"at":601,"do":"sim","sim":"unknown"},check(601,sim("unknown","operator",601),to="+447700900123"),check(602,sim("unknown","operator",602),to="+447700900123"),
  {"at":603,"do":"sim","sim":"not-swapped"},check(603,sim("not-swapped","operator",603),to="+447700900123"),check(604,sim("unknown","not-asked",None),to="+4915112345678"),
  check(605,{"error":"invalid-max-age"},max_age_hours=0),check(605,{"error":"invalid-max-age"},max_age_hours=2401),check(605,sim("not-swapped","operator",605),to="+447700900124",max_age_hours=2400)])
case("check-sim-swap-counts","Asking the operator counts as a message of the account; what is answered without asking does not, and what is refused does not.",
 [policy(0,sends={"per_account_and_day":2}),check(0,{"error":"invalid-max-age"},max_age_hours=0),check(0,sim("not-swapped","operator",0)),*[check(1,sim("not-swapped","cache",0))]*3,*[check(1,sim("unknown","not-asked",None),to="+4915112345678")]*3,
  send(2,"o"),check(3,{"error":"send-limit","limit":"account","retry_at":57_600},to="+447700900122"),check(57_600,sim("not-swapped","operator",57_600),to="+447700900122")])
few={"per_country_and_day":2,"per_country_and_hour":2,"per_client_and_day":2,"share":0,"countries_per_client_and_day":9}
rash={"per_block":2,"first_block":10,"longest_block":15,"disable_after":6}
case("policy-attempts","Two wrong codes block, for 10 seconds, then for 15 and no longer; six disable. So for devices and for recipients.",
 [policy(0,attempts=rash),user(0)]+[totp(t,wrong(t),mis(n)) for t in (0,10,25) for n in (1,0)]+[totp(25,code(25),{"outcome":"disabled"}),totp(100_000,code(100_000),{"outcome":"disabled"}),
  user(0,"bob"),totp(0,wrong(0),mis(1),"bob"),totp(0,wrong(0),mis(0),"bob"),totp(9,code(9),{"outcome":"blocked","until":10},"bob"),totp(10,wrong(10),mis(1),"bob"),totp(10,wrong(10),mis(0),"bob"),
  totp(24,code(24),{"outcome":"blocked","until":25},"bob"),totp(25,code(25),acc,"bob"),
  send(100,"o",{"attempts_left":2}),ver(101,"o","wrong",mis(1)),ver(101,"o","wrong",mis(0)),send(110,"p",{"error":"recipient-blocked","until":111}),send(130,"p",{"attempts_left":2})])
case("policy-sends","Messages to one recipient by windows of one's own, to the second; without windows and limits there are none.",
 [policy(0,sends={"per_recipient":[{"seconds":60,"messages":1},{"seconds":3600,"messages":2}]}),send(0,"a",{"resend_at":60}),send(59,"x",{"error":"send-limit","limit":"recipient","retry_at":60}),send(60,"b",{"resend_at":3600}),
  send(3599,"x",{"error":"send-limit","limit":"recipient","retry_at":3600}),send(3600,"c",{"resend_at":3660}),policy(3600,sends={"per_recipient":[],"per_account_and_day":None}),*[send(3600,f"d{i}",{"resend_at":3600}) for i in range(3)]])
case("policy-lifetimes","A code and an enrolment live as long as the policy says, to the second; a request may say otherwise of its code.",
 [policy(0,default_lifetime=60,enrolment_lifetime=120),send(0,"a",{"expires_at":60}),send(30,"b",{"expires_at":90}),ver(59,"a","sent",acc),ver(90,"b","sent",{"outcome":"expired"}),send(90,"c",{"expires_at":390},expiry=300),
  user(100,enrolled=False,ticket="t"),at(219,"view-enrolment",{"expires_at":220},ticket="t"),at(220,"view-enrolment",{"error":"enrolment-not-found"},ticket="t"),ver(389,"c","sent",acc)])
steps=[]
for before,after in ((0,0),(2,0),(0,3)):
    steps.append(policy(0,window=[before,after]))
    for step in range(-4,5):
        name=f"{before}-{after}-{step}"
        steps+=[user(0,name),totp(0,code(30*step),acc if -before<=step<=after else mis(4),name)]
case("policy-window","The codes of as many steps before and after now are accepted as the policy says, and of no other.",steps)
case("policy-sim-swap","The operator is asked about numbers that begin as the policy says, and its answer is used again for as long; for no time at all, never.",
 [policy(0,sim_swap={"prefixes":["+49","+3531"],"cache":30}),check(0,sim("unknown","not-asked",None)),check(0,sim("unknown","not-asked",None),to="+353861234567"),check(0,sim("not-swapped","operator",0),to="+4915112345678"),
  check(29,sim("not-swapped","cache",0),to="+4915112345678"),check(30,sim("not-swapped","operator",30),to="+4915112345678"),
  policy(31,sim_swap={"prefixes":["+"],"cache":0}),check(31,sim("not-swapped","operator",31)),check(31,sim("not-swapped","operator",31),to="+4915112345678"),policy(32,sim_swap={"prefixes":[],"cache":600}),check(32,sim("unknown","not-asked",None))])
case("policy-retention","A challenge is remembered for as many hours after its last message as the policy says, to the second, and then is not there.",
 [policy(0,retention={"hours":1}),send(0,"a"),ver(1,"a","sent",acc),ver(3599,"a","sent",rep),view(3599,"a",status="verified"),view(3600,"a",error="challenge-not-found"),ver(3600,"a","sent",{"error":"challenge-not-found"}),
  policy(3600,retention={"hours":2}),send(3600,"b"),at(3630,"resend",otp="b"),report(3700,"b","delivered",True),view(10_829,"b",status="expired",delivery="delivered"),view(10_830,"b",error="challenge-not-found")])
def refused(error, **chosen): return at(0,"policy",{"error":error},policy=chosen)
case("policy-refused","A policy that cannot hold is refused when the service is made, and the one before it stays.",
 [policy(0,default_lifetime=60),refused("invalid-attempts",attempts={**rash,"per_block":0}),refused("invalid-attempts",attempts={**rash,"disable_after":101}),refused("invalid-attempts",attempts={**rash,"first_block":16}),
  refused("invalid-send-window",sends={"per_recipient":[{"seconds":60,"messages":1},{"seconds":0,"messages":1}]}),refused("invalid-expiry",default_lifetime=29),refused("invalid-expiry",default_lifetime=601),
  refused("invalid-enrolment-lifetime",enrolment_lifetime=59),refused("invalid-enrolment-lifetime",enrolment_lifetime=2_592_001),refused("invalid-window",window=[11,0]),refused("invalid-window",window=[0,11]),
  refused("invalid-prefix",sim_swap={"prefixes":["44"],"cache":0}),refused("invalid-retention",retention={"hours":0}),refused("invalid-retention",retention={"hours":25}),refused("invalid-place",traffic={"allowed":["Britain"]}),
  refused("invalid-percent",traffic={"unverified":{**few,"share":101}}),refused("invalid-percent",traffic={"breaker":{"sends":2,"verified":101}}),send(0,"a",{"expires_at":60,"resend_at":30})])
case("policy-issuer","Apps show the policy's issuer for a domain without a name, and the domain's name otherwise.",
 [policy(0,issuer="Example Group"),user(0,enrolled=False,ticket="t"),at(0,"view-enrolment",{"issuer":"Example Bank"},ticket="t"),at(0,"create-domain"),user(0,enrolled=False,ticket="u"),at(0,"view-enrolment",{"issuer":"Example Group"},ticket="u")])
case("policy-places","Numbers of allowed places only, and none of denied ones even there; what is refused takes no place. Email has no place.",
 [policy(0,traffic={"allowed":["+44"],"denied":["+4477009002"]}),send(0,"a"),send(0,"x",{"error":"destination-not-allowed"},to="+4915112345678"),send(0,"x",{"error":"destination-not-allowed"},to="+447700900201"),
  send(0,"b",to="ann@example.com",channels=["email"]),policy(1,traffic={"denied":["+4477009001"]}),send(30,"x",{"error":"destination-not-allowed"}),send(30,"c",to="+4915112345678"),policy(31),send(31,"d",{"resend_at":61})])
day={"retry_at":57_600}
for name,traffic,limit,kw in (("domain",{"per_domain_and_day":1},"domain",{}),("client",{"per_client_and_day":1},"client-address",{"client":"192.0.2.1"}),("country",{"per_country_and_day":1},"country",{}),
    ("prefix",{"per_prefix_and_day":1},"prefix",{}),("cost",{"cost_per_day":5,"prices":{"default":1,"places":{"+44":3}}},"cost",{})):
    case(f"policy-limit-per-{name}",f"The day's limit of the {name} holds for all recipients together, and ends with the day (UTC).",
     [policy(0,traffic=traffic),send(0,"a",to=n[0],**kw),send(1,"x",{"error":"send-limit","limit":limit,**day},to=n[1],**kw),send(57_599,"x",{"error":"send-limit","limit":limit,**day},to=n[1],**kw),send(57_600,"b",to=n[1],**kw)])
case("policy-limits-of-others","Another client, country and range of numbers have limits of their own, and a cheaper message still fits.",
 [policy(0,traffic={"per_client_and_day":1,"per_country_and_day":2,"per_prefix_and_day":1,"cost_per_day":5,"prices":{"default":1,"places":{"+44":3}}}),send(0,"a",client="192.0.2.1"),send(1,"b",to="+4915112345678",client="192.0.2.2"),
  send(2,"x",{"error":"send-limit","limit":"client-address"},to="+4915222345678",client="192.0.2.2"),send(3,"c",to="+4915222345678",client="192.0.2.3"),send(4,"x",{"error":"send-limit","limit":"country"},to="+4915332345678",client="192.0.2.4")])
case("policy-unverified","So many codes may stay unverified; each that is verified makes room for another.",
 [policy(0,traffic={"unverified":few}),send(0,"a",to=n[0]),send(1,"b",to=n[1]),send(2,"x",{"error":"unverified-sends","limit":"unverified-country"},to=n[2]),ver(3,"a","sent",acc),send(4,"c",to=n[2]),send(5,"x",{"error":"unverified-sends","limit":"unverified-country"},to=n[3]),
  policy(6,traffic={"unverified":None}),*[send(6,f"d{i}",to=n[i]) for i in range(3,20)]])
case("policy-breaker","A range of numbers is stopped for an hour once so many messages went there and fewer than the share of their codes came back, those too young to have come back apart; without a breaker it never is.",
 [policy(0,traffic={"unverified":None,"breaker":{"sends":2,"verified":50}}),send(0,"a",to=n[0]),send(1,"b",to=n[1]),ver(2,"a","sent",acc),send(700,"c",to=n[2]),
  send(1400,"x",{"error":"prefix-stopped","limit":"stopped-prefix","retry_at":5000},to=n[3]),send(1401,"y",to="+447911123456"),send(4999,"x",{"error":"prefix-stopped","retry_at":5000},to=n[3]),send(5000,"d",to=n[3]),
  policy(7200,traffic={"unverified":None,"breaker":None}),*[send(7200,f"e{i}",to=n[i]) for i in range(4,20)]])
doc={"family":"flows","source":"Device codes: RFC 6238 computed with Python's hmac and struct modules. Expected answers: written from the rules (RFC 6238 section 5.2, NIST SP 800-63B section 3.2.2, the service's documented limits), not taken from a run.",
 "notes":{"at":"Seconds after 1800000000, the first of a TOTP step; so are expires_at, resend_at, retry_at and until. Times may go back, as clocks do.",
  "do":"A flow of the service, by its name in wit/flows.wit; or what happens around it: `configure` says which channels have a provider, `sim` what the operator says of every SIM, `policy` what is chosen from now on (the rest is as usual), unless it is refused.",
  "start":"Each case begins with an empty store, an account with one domain, a provider for every channel and the default policy.",
  "code":"Of a sent code: `sent` is the last one, `previous` the one before it, `wrong` one that differs from the last in its first character, `short` the last without it. Of a device: the code itself.",
  "message":"Of the messages of a challenge: the last one, or the one before it (`previous`).",
  "change":"What is not named stays; null takes away.",
  "account":"`other` is an account that has no domain; the step uses the first account's ids.",
  "otp, ticket":"Names that a step gives to what it makes, for later steps.",
  "restore":"Puts the last backup back and sets the replay floor to the time of the step.",
  "empty":"Nothing is stored but the domain.",
  "expect":"Only the given parts of an answer are compared; a step without it must not fail."},"cases":cases}
out="{\n"+",\n".join(f'  "{k}": {json.dumps(doc[k])}' for k in ("family", "source", "notes"))+',\n  "cases": [\n'
out+=",\n".join("    {\n"+f'      "id": {json.dumps(c["id"])},\n      "comment": {json.dumps(c["comment"])},\n      "steps": [\n'+",\n".join("        "+json.dumps(s) for s in c["steps"])+"\n      ]\n    }" for c in cases)+"\n  ]\n}\n"

path = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "flows.json"
if "--check" in sys.argv:
    sys.exit(0 if path.read_text() == out else "flows.json is stale: run tests/oracle/flows.py")
path.write_text(out)
print(len(cases), "cases")
